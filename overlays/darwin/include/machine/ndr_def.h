#ifndef CROSSLOOM_MACHINE_NDR_DEF_H
#define CROSSLOOM_MACHINE_NDR_DEF_H

#if defined(__i386__) || defined(__x86_64__)
#include <i386/ndr_def.h>
#else
#error "no data representation is known for this architecture"
#endif

#endif
