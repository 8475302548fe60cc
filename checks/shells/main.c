#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include <stdio.h>

#include "tally.h"

int main(void)
{
    printf("C counts to %ld\n", tally(10));
    return 0;
}
