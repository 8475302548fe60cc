/* The first state of a thread: flavour, count, and sixteen registers of 64 bits. */
#ifndef CROSSLOOM_MACH_I386_THREAD_STATUS_H
#define CROSSLOOM_MACH_I386_THREAD_STATUS_H

#include <stdint.h>

#define x86_THREAD_STATE64 4

typedef struct {
	uint64_t __rax, __rbx, __rcx, __rdx, __rdi, __rsi, __rbp, __rsp;
	uint64_t __r8, __r9, __r10, __r11, __r12, __r13, __r14, __r15;
	uint64_t __rip, __rflags, __cs, __fs, __gs;
} x86_thread_state64_t;

#endif
