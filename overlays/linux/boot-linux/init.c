/*
 * The first program of a kernel that is tested: prints, loads the module that lies beside it, reads what the module
 * shows, removes it and ends the machine. It stands on system calls alone, so that no C library is needed.
 */
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/reboot.h>

static long call(long number, long a, long b, long c, long d, long e)
{
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__i386__)
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                     : "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d, x4 __asm__("x4") = e;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
#elif defined(__riscv)
    register long a7 __asm__("a7") = number, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d, a4 __asm__("a4") = e;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
    return a0;
#else
#error "the system calls of this architecture are not known here"
#endif
}

static void say(const char *text)
{
    long length = 0;

    while (text[length])
        length++;
    call(__NR_write, 1, (long)text, length, 0, 0);
}

static void end(void)
{
    call(__NR_sync, 0, 0, 0, 0, 0);
    call(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, END, 0, 0);
    for (;;)
        ;
}

static void fail(const char *what)
{
    say("init: failed: ");
    say(what);
    say("\n");
    end();
}

static char path[] = "/modules/000.ko";

/* Opens one of the modules, by its number. */
static long module(long number)
{
    path[9] = (char)('0' + number / 100);
    path[10] = (char)('0' + number / 10 % 10);
    path[11] = (char)('0' + number % 10);
    return call(__NR_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0);
}

/* Loads /modules/000.ko and so on, as far as there are any. One that needs another is refused until that one is loaded. */
static void more(void)
{
    static char loaded[1000], text[] = "init: 000 more modules loaded\n";
    long count = 0, left, before, number, file;

    while (count < 1000 && (file = module(count)) >= 0) {
        call(__NR_close, file, 0, 0, 0, 0);
        count++;
    }
    left = count;
    do {
        before = left;
        for (number = 0; number < count; number++) {
            if (loaded[number])
                continue;
            file = module(number);
            if (call(__NR_finit_module, file, (long)"", 0, 0, 0) == 0) {
                loaded[number] = 1;
                left--;
            }
            call(__NR_close, file, 0, 0, 0, 0);
        }
    } while (left != before);
    for (number = 0; number < count; number++) {
        if (!loaded[number]) {
            module(number);
            fail(path);
        }
    }
    text[6] = (char)('0' + count / 100);
    text[7] = (char)('0' + count / 10 % 10);
    text[8] = (char)('0' + count % 10);
    say(text);
}

void run(void)
{
    static char buffer[64];
    long file, length;

    say("init: reached userspace\n");
    file = call(__NR_openat, AT_FDCWD, (long)"/hello.ko", O_RDONLY, 0, 0);
    if (file < 0)
        fail("open /hello.ko");
    if (call(__NR_finit_module, file, (long)"", 0, 0, 0) != 0)
        fail("finit_module");
    if (call(__NR_mount, (long)"sysfs", (long)"/sys", (long)"sysfs", 0, 0) != 0)
        fail("mount /sys");
    file = call(__NR_openat, AT_FDCWD, (long)"/sys/module/hello/parameters/answer", O_RDONLY, 0, 0);
    length = call(__NR_read, file, (long)buffer, sizeof(buffer) - 1, 0, 0);
    if (length <= 0)
        fail("read /sys/module/hello/parameters/answer");
    say("init: the module's answer is ");
    say(buffer);
    if (call(__NR_delete_module, (long)"hello", O_NONBLOCK, 0, 0, 0) != 0)
        fail("delete_module");
    more();
    say("init: done\n");
    end();
}

/* The stack is aligned here as the calling convention wants it, which a kernel does not promise of a first frame. */
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  and $-16, %rsp\n  call run\n");
#elif defined(__i386__)
__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  and $-16, %esp\n  call run\n");
#else
void _start(void)
{
    run();
}
#endif
