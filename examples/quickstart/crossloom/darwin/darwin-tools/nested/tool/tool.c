#include <stdio.h>

int main(void)
{
#ifdef __APPLE__
#error this is to run on the build machine
#endif
    puts("int main(void) { return 0; }");
    return 0;
}
