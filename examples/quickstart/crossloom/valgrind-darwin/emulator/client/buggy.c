// A branch that depends on memory which nobody wrote: readings[3].
#include "system.h"

// Valgrind reads a file's debugging data when it has seen both its code and its data mapped.
static int threshold = 100;

static int sum(const int *values, int count)
{
    int total = 0;
    for (int i = 0; i < count; i++)
        total += values[i];
    return total;
}

int main(int argc, char **argv)
{
    int readings[4];
    for (int i = 0; i < 3; i++)
        readings[i] = 10 * (i + argc);
    if (sum(readings, 4) > threshold)
        print("large\n");
    else
        print("small\n");
    print(argc > 1 ? argv[1] : "no argument");
    print("\n");
    return 7;
}
