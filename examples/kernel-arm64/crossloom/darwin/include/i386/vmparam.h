/* Where the stack of a process begins, and how large it may be. */
#ifndef CROSSLOOM_I386_VMPARAM_H
#define CROSSLOOM_I386_VMPARAM_H

#include <sys/resource.h>
#include <mach/vm_param.h>

#define USRSTACK VM_USRSTACK32
#define USRSTACK64 VM_USRSTACK64

#define DFLDSIZ RLIM_INFINITY
#define MAXDSIZ RLIM_INFINITY
#define DFLSSIZ (8 * 1024 * 1024)
#define MAXSSIZ (64 * 1024 * 1024)
#define DFLCSIZ 0
#define MAXCSIZ RLIM_INFINITY

#endif
