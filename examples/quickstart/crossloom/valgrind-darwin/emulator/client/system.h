// What a static program needs of macOS: an entry point, and two system calls. There is no libSystem without dyld.
#include <stddef.h>

enum { SYS_EXIT = 0x2000001, SYS_WRITE = 0x2000004 };

static long system_call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory", "cc");
    return result;
}

static void print(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    system_call(SYS_WRITE, 1, (long)text, (long)length);
}

int main(int argc, char **argv);

// The kernel leaves argc at the stack pointer and argv above it; a call wants the stack aligned to 16 bytes.
__asm__(".globl start\n"
        "start:\n"
        "    xorl %ebp, %ebp\n"
        "    movq (%rsp), %rdi\n"
        "    leaq 8(%rsp), %rsi\n"
        "    andq $-16, %rsp\n"
        "    callq _begin\n"
        "    ud2\n");

__attribute__((noreturn, used)) void begin(int argc, char **argv)
{
    system_call(SYS_EXIT, main(argc, argv), 0, 0);
    __builtin_unreachable();
}
