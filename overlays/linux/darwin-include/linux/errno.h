/* See asm/errno.h. */
#include <asm/errno.h>
