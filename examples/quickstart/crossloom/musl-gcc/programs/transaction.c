#include <pthread.h>
#include <stdio.h>

static long one, two;

static void *add(void *ignored)
{
    for (int i = 0; i < 1000; ++i)
        __transaction_atomic
        {
            ++one;
            two += 2;
        }
    return ignored;
}

int main(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, add, NULL))
        return 1;
    add(NULL);
    pthread_join(thread, NULL);
    printf("transactions %ld %ld\n", one, two);
    return 0;
}
