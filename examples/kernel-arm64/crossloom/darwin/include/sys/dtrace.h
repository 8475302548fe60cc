/* What a program tells the DTrace helper device: /dev/dtracehelper. */
#ifndef CROSSLOOM_SYS_DTRACE_H
#define CROSSLOOM_SYS_DTRACE_H

#include <stdint.h>
#include <sys/ioccom.h>
#include <sys/types.h>

#define DTRACEHIOC_REMOVE _IO('h', 2)
/* The argument is a user address, which is 64 bits wide for every program. */
#define DTRACEHIOC_ADDDOF _IOW('h', 4, uint64_t)

#endif
