#ifndef CROSSLOOM_MACHINE_VMPARAM_H
#define CROSSLOOM_MACHINE_VMPARAM_H

#if defined(__i386__) || defined(__x86_64__)
#include <i386/vmparam.h>
#elif defined(__arm64__) || defined(__arm__)
#include <arm/vmparam.h>
#else
#error "no stack addresses are known for this architecture"
#endif

#endif
