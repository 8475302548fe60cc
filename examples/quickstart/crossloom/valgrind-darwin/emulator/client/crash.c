// Writes where nothing is mapped. Valgrind learns of it by a signal, whose default action then ends the program.
#include "system.h"

static int *volatile place = (int *)0x40;

int main(int argc, char **argv)
{
    (void)argv;
    print("before\n");
    *place = argc; // the fault
    print("after\n");
    return 0;
}
