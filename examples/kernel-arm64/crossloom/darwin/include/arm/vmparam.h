/* Where the stack of a process begins, and how large it may be. */
#ifndef CROSSLOOM_ARM_VMPARAM_H
#define CROSSLOOM_ARM_VMPARAM_H

#include <sys/resource.h>

#define USRSTACK64 0x000000016fe00000ULL
#define USRSTACK USRSTACK64

#define DFLDSIZ RLIM_INFINITY
#define MAXDSIZ RLIM_INFINITY
#define DFLSSIZ (8 * 1024 * 1024 - 16 * 1024)
#define MAXSSIZ (64 * 1024 * 1024 - 16 * 1024)
#define DFLCSIZ 0
#define MAXCSIZ RLIM_INFINITY

#endif
