#include "tally.h"

#include <stdlib.h>

long tally(int last)
{
    /* Where a script believes that malloc(0) gives nothing, it names a function that nobody has written. */
    int *numbers = malloc(sizeof *numbers * (size_t)last);
    long sum = 0;

    if (numbers == NULL)
        return -1;
    for (int i = 0; i < last; i++)
        numbers[i] = i + 1;
    for (int i = 0; i < last; i++)
        sum += numbers[i];
    free(numbers);
    return sum;
}
