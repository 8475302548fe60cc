/* A pointer to a nested function, whose code is made at run time: with -ftrampoline-impl=heap, where data may be executed. */
#include <stdio.h>

typedef int operation(int);

static __attribute__((noipa)) int apply(operation *function, int value)
{
    return function(value);
}

int main(int count, char **words)
{
    int added = count * 10;
    int add(int value)
    {
        return value + added;
    }

    (void)words;
    printf("nested %d\n", apply(add, 2));
    return 0;
}
