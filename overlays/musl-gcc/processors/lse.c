/* Whether libgcc's atomic operations know what the processor has: its own instructions for them (LSE). */
#include <stdio.h>
#include <sys/auxv.h>

/* libgcc's, in every program and shared object that calls these operations. */
extern _Bool __aarch64_have_lse_atomics;

static int counter;

int main(void)
{
    _Bool processor = getauxval(AT_HWCAP) >> 8 & 1;

    __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
    printf("lse as the processor: %d of %d\n", counter, processor == __aarch64_have_lse_atomics);
    printf("the processor has lse: %d\n", processor);
    return 0;
}
