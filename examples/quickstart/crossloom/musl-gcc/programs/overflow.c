#include <limits.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    int number = INT_MAX;
    (void)arguments;
    number += count;
    printf("overflow was not seen: %d\n", number);
    return 0;
}
