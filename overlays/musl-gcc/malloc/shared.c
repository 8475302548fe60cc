#include <string.h>

char *of_shared_object(void) { return strdup("from a shared object"); }
