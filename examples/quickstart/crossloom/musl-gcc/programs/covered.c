#include <stdio.h>

static int positive(int number)
{
    if (number > 0)
        return 1;
    return 0;
}

int main(void)
{
    printf("covered %d\n", positive(1));
    return 0;
}
