/* A program with a local, a global and an imported function. */
#include <stdio.h>

static int __attribute__((noinline)) local(int number)
{
    return number * 3;
}

int shown(int number)
{
    return local(number) + 1;
}

int main(int count, char **arguments)
{
    (void)arguments;
    printf("%d\n", shown(count));
    return 0;
}
