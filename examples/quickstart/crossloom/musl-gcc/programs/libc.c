/* Thread-local storage, threads, large files, jumps and signals. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static _Thread_local long own = 1;
static long total;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sigjmp_buf back;

static void *work(void *argument)
{
    own += (long)argument;
    pthread_mutex_lock(&lock);
    total += own;
    pthread_mutex_unlock(&lock);
    return &own;
}

static void handler(int number)
{
    siglongjmp(back, number);
}

static int jump(int depth)
{
    static jmp_buf there;
    volatile int result = setjmp(there);
    if (result == 0)
        longjmp(there, depth);
    return result;
}

static long long file_size(void)
{
    char name[] = "large-XXXXXX";
    int file = mkstemp(name);
    off_t place = (off_t)5 << 30;
    struct stat status;
    int written = file >= 0 && pwrite(file, "x", 1, place) == 1 && fstat(file, &status) == 0;
    unlink(name);
    return written ? (long long)status.st_size : -1;
}

int main(void)
{
    pthread_t threads[4];
    void *addresses[4];
    for (long i = 0; i < 4; ++i)
        if (pthread_create(&threads[i], NULL, work, (void *)i))
            return 1;
    for (int i = 0; i < 4; ++i)
        pthread_join(threads[i], &addresses[i]);
    volatile int caught = 0;
    signal(SIGUSR1, handler);
    // The mask is restored, so that the signal is seen twice.
    for (volatile int i = 0; i < 2; ++i)
        if (sigsetjmp(back, 1) == 0)
            raise(SIGUSR1);
        else
            ++caught;
    printf("libc %ld %ld, %d, %d, %lld\n", total, own, jump(7), caught, file_size());
    return 0;
}
