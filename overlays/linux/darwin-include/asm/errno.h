/* The numbers of the machine that the tool runs on: objtool hands them to its own strerror(). */
#include <sys/errno.h>
