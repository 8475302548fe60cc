/* Programs include this for what it brings with it; the kernel's own structures are not for them. */
#ifndef CROSSLOOM_SYS_USER_H
#define CROSSLOOM_SYS_USER_H

#include <sys/param.h>
#include <sys/resource.h>
#include <sys/signal.h>
#include <sys/types.h>
#include <sys/ucred.h>
#include <sys/uio.h>

#endif
