#ifndef CROSSLOOM_SYS_VMPARAM_H
#define CROSSLOOM_SYS_VMPARAM_H

#include <machine/vmparam.h>

#endif
