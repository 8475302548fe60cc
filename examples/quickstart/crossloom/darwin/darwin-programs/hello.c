/* A C program as small as programs come, with a library of its own. */
#include <stdio.h>

#include "greeting.h"

int main(void)
{
    printf("%s from C\n", greeting());
    return 0;
}
