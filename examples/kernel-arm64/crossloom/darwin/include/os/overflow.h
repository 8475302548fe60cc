/* Arithmetic that says whether it overflowed: the compiler's own builtins under Darwin's names. */
#ifndef CROSSLOOM_OS_OVERFLOW_H
#define CROSSLOOM_OS_OVERFLOW_H

#include <sys/cdefs.h>

/* A result that is not looked at would be the overflow that these are there to find. */
static inline int __attribute__((always_inline, warn_unused_result)) os_warn_overflow(int overflowed)
{
	return overflowed;
}

#define os_add_overflow(a, b, result) os_warn_overflow(__builtin_add_overflow((a), (b), (result)))
#define os_sub_overflow(a, b, result) os_warn_overflow(__builtin_sub_overflow((a), (b), (result)))
#define os_mul_overflow(a, b, result) os_warn_overflow(__builtin_mul_overflow((a), (b), (result)))
#define os_convert_overflow(a, result) os_add_overflow((a), 0, (result))
#define os_inc_overflow(result) os_add_overflow(*(result), 1, (result))
#define os_dec_overflow(result) os_sub_overflow(*(result), 1, (result))

#endif
