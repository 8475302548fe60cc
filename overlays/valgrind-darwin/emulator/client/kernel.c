// Asks the emulator's kernel side for what Valgrind relies on, and says what it got: exit status 0, or the failed line.
#include "system.h"

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            print("failed: " #condition "\n");                                                                         \
            return __LINE__;                                                                                           \
        }                                                                                                              \
    } while (0)

enum {
    SYS_READ = 0x2000003, SYS_OPEN = 0x2000005, SYS_CLOSE = 0x2000006, SYS_GETPID = 0x2000014, SYS_KILL = 0x2000025,
    SYS_PIPE = 0x200002a, SYS_SIGACTION = 0x200002e, SYS_MUNMAP = 0x2000049, SYS_MPROTECT = 0x200004a,
    SYS_SOCKET = 0x2000061, SYS_SIGRETURN = 0x20000b8, SYS_MMAP = 0x20000c5, SYS_SYSCTL = 0x20000ca,
    TASK_SELF = 0x100001c,
};
enum { ENOENT = 2, EBADF = 9, ENOMEM = 12, EACCES = 13, EFAULT = 14, EINVAL = 22 };
enum { SIGBUS = 10, SIGSEGV = 11, SIGUSR1 = 30 };
enum { PAGE = 0x1000, READ_ONLY = 1, READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x1002, FIXED = 0x10 };

// A failed call sets the carry flag; this gives the negated error number then.
static long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    unsigned char failed;
    __asm__ volatile("syscall" : "=a"(result), "=@ccc"(failed), "+d"(c)
                     : "a"(number), "D"(a), "S"(b), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return failed ? -result : result;
}

static long map(long address, long size, long protection, long flags)
{
    return call(SYS_MMAP, address, size, protection, flags, -1, 0);
}

struct action { void *handler, *trampoline; unsigned mask; int flags; };
struct siginfo { int signo, error, code, pid; unsigned uid; int status; void *address; };
struct thread { unsigned long exception[2], registers[21]; };
struct context { int on_stack; unsigned mask; unsigned long stack[3], link, size; struct thread *thread; };

static volatile int last_signal, last_code;
static void *volatile last_address;

// Makes the page accessible, so that the instruction succeeds when it is executed again.
static void on_fault(int number, struct siginfo *info, struct context *context)
{
    last_signal = number;
    last_code = info->code;
    last_address = info->address;
    long page = (long)info->address & -PAGE;
    if (number == SIGBUS)
        call(SYS_MPROTECT, page, PAGE, READ_WRITE, 0, 0, 0);
    else if (number == SIGSEGV)
        map(page, PAGE, READ_WRITE, PRIVATE_ANONYMOUS | FIXED);
    // Registers must be those of the interrupted code again, and this one as changed here.
    context->thread->registers[15] = 0x5eed;
    __asm__ volatile("xorps %%xmm7, %%xmm7" ::: "xmm7");
}

typedef void handler_type(int number, void *info, void *context);

__attribute__((used)) void on_signal(handler_type *handler, long style, int number, void *info, void *context)
{
    handler(number, info, context);
    call(SYS_SIGRETURN, (long)context, style, 0, 0, 0, 0);
    __builtin_trap();
}

static int memory(void)
{
    char *block = (char *)map(0, 4 * PAGE, READ_WRITE, PRIVATE_ANONYMOUS);
    CHECK((long)block > 0 && ((long)block & (PAGE - 1)) == 0);
    for (int i = 0; i < 4 * PAGE; i += PAGE)
        block[i] = (char)(i / PAGE + 1);
    // A hole in the middle leaves both sides as they were.
    CHECK(call(SYS_MUNMAP, (long)block + PAGE, PAGE, 0, 0, 0, 0) == 0);
    CHECK(block[0] == 1 && block[2 * PAGE] == 3 && block[3 * PAGE] == 4);
    CHECK(call(SYS_MPROTECT, (long)block, 4 * PAGE, READ_ONLY, 0, 0, 0) == -ENOMEM);
    CHECK(call(SYS_READ, 0, (long)block + PAGE, 0, 0, 0, 0) == 0);
    CHECK(call(SYS_WRITE, 1, (long)block + PAGE, 1, 0, 0, 0) == -EFAULT);
    CHECK(map((long)block + PAGE, PAGE, READ_WRITE, PRIVATE_ANONYMOUS | FIXED) == (long)block + PAGE);
    CHECK(block[PAGE] == 0 && block[2 * PAGE] == 3);
    CHECK(map((long)block + 1, PAGE, READ_WRITE, PRIVATE_ANONYMOUS | FIXED) == -EINVAL);
    CHECK(map(0, 0, READ_WRITE, PRIVATE_ANONYMOUS) == -EINVAL);
    CHECK(call(SYS_MPROTECT, (long)&memory & -PAGE, PAGE, READ_WRITE, 0, 0, 0) == -EACCES);
    // Code that the program writes, executes, and writes again.
    unsigned char *code = (unsigned char *)map(0, PAGE, 7, PRIVATE_ANONYMOUS);
    for (int value = 1; value < 4; value++) {
        const unsigned char text[] = {0xb8, (unsigned char)value, 0, 0, 0, 0xc3}; // mov $value, %eax; ret
        for (unsigned i = 0; i < sizeof text; i++)
            code[i] = text[i];
        CHECK(((int (*)(void))code)() == value);
    }
    // Other code at the same place.
    CHECK(map((long)code, PAGE, 7, PRIVATE_ANONYMOUS | FIXED) == (long)code);
    code[0] = 0xb8, code[1] = 9, code[5] = 0xc3;
    CHECK(((int (*)(void))code)() == 9);
    return 0;
}

static int signals(void)
{
    extern void trampoline(void) __asm__("trampoline");
    struct action action = {(void *)on_fault, (void *)trampoline, 0, 0x40};
    CHECK(call(SYS_SIGACTION, SIGBUS, (long)&action, 0, 0, 0, 0) == 0);
    CHECK(call(SYS_SIGACTION, SIGSEGV, (long)&action, 0, 0, 0, 0) == 0);
    CHECK(call(SYS_SIGACTION, SIGUSR1, (long)&action, 0, 0, 0, 0) == 0);
    CHECK(call(SYS_SIGACTION, 9, (long)&action, 0, 0, 0, 0) == -EINVAL);
    char *page = (char *)map(0, PAGE, READ_ONLY, PRIVATE_ANONYMOUS);
    long r15, vector;
    __asm__ volatile("movq $0x1234, %%rax; movq %%rax, %%xmm7; xorl %%r15d, %%r15d; movb $5, 17(%2); movq %%r15, %0;"
                     "movq %%xmm7, %1" : "=r"(r15), "=r"(vector) : "b"(page) : "rax", "r15", "xmm7", "memory");
    CHECK(page[17] == 5 && last_signal == SIGBUS && last_code == 2 && last_address == page + 17);
    CHECK(r15 == 0x5eed && vector == 0x1234);
    CHECK(call(SYS_MUNMAP, (long)page, PAGE, 0, 0, 0, 0) == 0);
    *(volatile char *)(page + 3) = 1;
    CHECK(last_signal == SIGSEGV && last_code == 1 && last_address == page + 3);
    CHECK(call(SYS_KILL, call(SYS_GETPID, 0, 0, 0, 0, 0, 0), SIGUSR1, 1, 0, 0, 0) == 0);
    CHECK(last_signal == SIGUSR1);
    return 0;
}

static int files(void)
{
    long descriptor = call(SYS_OPEN, (long)"/dev/null", 2, 0, 0, 0, 0);
    char text[16];
    CHECK(descriptor == 3);
    CHECK(call(SYS_WRITE, descriptor, (long)"abc", 3, 0, 0, 0) == 3);
    CHECK(call(SYS_READ, descriptor, (long)text, 3, 0, 0, 0) == 0);
    CHECK(call(SYS_CLOSE, descriptor, 0, 0, 0, 0, 0) == 0);
    CHECK(call(SYS_CLOSE, descriptor, 0, 0, 0, 0, 0) == -EBADF);
    CHECK(call(SYS_OPEN, (long)"/etc/passwd", 0, 0, 0, 0, 0) == -ENOENT);
    long reader, writer;
    __asm__ volatile("syscall" : "=a"(reader), "=d"(writer) : "a"((long)SYS_PIPE), "D"(0) : "rcx", "r11", "memory");
    CHECK(call(SYS_WRITE, writer, (long)"pipe", 4, 0, 0, 0) == 4);
    CHECK(call(SYS_READ, reader, (long)text, sizeof text, 0, 0, 0) == 4 && text[0] == 'p' && text[3] == 'e');
    unsigned name[2] = {1, 2};
    unsigned long size = sizeof text;
    CHECK(call(SYS_SYSCTL, (long)name, 2, (long)text, (long)&size, 0, 0) == 0 && size == sizeof RELEASE);
    for (unsigned long at = 0; at < sizeof RELEASE; at++)
        CHECK(text[at] == RELEASE[at]);
    CHECK(call(TASK_SELF, 0, 0, 0, 0, 0, 0) != 0);
    return 0;
}

__asm__("trampoline:\n"
        "    callq _on_signal\n"
        "    ud2\n");

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return (int)call(SYS_SOCKET, 1, 2, 3, 0, 0, 0);
    int line = memory();
    if (line == 0)
        line = signals();
    if (line == 0)
        line = files();
    if (line == 0)
        print("memory, signals and files are as on Darwin\n");
    return line != 0;
}
