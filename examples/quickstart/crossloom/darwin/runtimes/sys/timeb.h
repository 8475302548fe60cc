/* What compiler-rt reads of sys/timeb.h, which the open SDK lacks. */
#pragma once
#include <sys/types.h>
struct timeb {
    time_t time;
    unsigned short millitm;
    short timezone;
    short dstflag;
};
