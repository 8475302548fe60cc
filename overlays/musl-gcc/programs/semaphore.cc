// A timed wait of C++20: which time the system call is given. This program has a system call of its own, which looks at it.
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <semaphore>
#include <sys/syscall.h>
#include <unistd.h>

using namespace std::chrono;

static steady_clock::time_point began;
static long waits, right;

extern "C" long syscall(long number, ...)
{
    // FUTEX_WAIT_BITSET, with or without FUTEX_PRIVATE_FLAG, waits until a time of the monotonic clock.
    constexpr int timed = 9, flag = 128;
    std::va_list words;
    va_start(words, number);
    va_arg(words, void *);
    int operation = va_arg(words, int);
    va_arg(words, int);
    const void *time = va_arg(words, const void *);
    va_end(words);
    errno = EAGAIN;
    if (number != SYS_futex || (operation & ~flag) != timed)
        return -1;
#if defined(SYS_futex_time64) && SYS_futex_time64 != SYS_futex
    auto *parts = static_cast<const long *>(time);
    long long seconds = parts[0], nanoseconds = parts[1];
#else
    auto *parts = static_cast<const timespec *>(time);
    long long seconds = parts->tv_sec, nanoseconds = parts->tv_nsec;
#endif
    // As the kernel says it. From GCC 16 on, the library takes nothing else for the end of the time.
    errno = ETIMEDOUT;
    ++waits;
    auto length = std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds) - began.time_since_epoch();
    right += length >= milliseconds(700) && length <= milliseconds(700) + (steady_clock::now() - began);
    return -1;
}

int main()
{
    std::binary_semaphore semaphore(0);
    began = steady_clock::now();
    bool taken = semaphore.try_acquire_for(milliseconds(700));
    std::printf("semaphore %d %d\n", taken, waits > 0 && waits == right);
    return 0;
}
