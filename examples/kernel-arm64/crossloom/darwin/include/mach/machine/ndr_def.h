#ifndef CROSSLOOM_MACH_MACHINE_NDR_DEF_H
#define CROSSLOOM_MACH_MACHINE_NDR_DEF_H

#if defined(__i386__) || defined(__x86_64__)
#include <mach/i386/ndr_def.h>
#elif defined(__arm64__) || defined(__arm__)
#include <mach/arm/ndr_def.h>
#else
#error "no data representation is known for this architecture"
#endif

#endif
