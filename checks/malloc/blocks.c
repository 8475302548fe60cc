/* Allocates and frees blocks of 16 to 527 bytes at random, two thousand at a time, in each of some threads. Prints the seconds
   that passed, and the largest memory of the process in MiB. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { BLOCKS = 2000, STEPS = 2000000, MOST = 64 };

static void *work(void *number)
{
    unsigned state = (unsigned)(size_t)number * 7919 + 1;
    char *blocks[BLOCKS] = { 0 };

    for (long step = 0; step < STEPS; step++) {
        state = state * 1103515245 + 12345;
        unsigned at = (state >> 8) % BLOCKS;
        free(blocks[at]);
        blocks[at] = malloc(16 + (state >> 20 & 511));
        if (!blocks[at]) abort();
        memset(blocks[at], 1, 16);
    }
    for (int at = 0; at < BLOCKS; at++) free(blocks[at]);
    return NULL;
}

int main(int count, char **words)
{
    int threads = count > 1 ? atoi(words[1]) : 1;
    pthread_t running[MOST];
    struct timespec from, to;
    struct rusage usage;

    if (threads < 1 || threads > MOST) return 2;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&running[i], NULL, work, (void *)(size_t)(i + 1))) return 1;
    for (int i = 0; i < threads; i++) pthread_join(running[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &to);
    getrusage(RUSAGE_SELF, &usage);
    printf("%.3f %.1f\n", (to.tv_sec - from.tv_sec) + (to.tv_nsec - from.tv_nsec) / 1e9, usage.ru_maxrss / 1024.0);
    return 0;
}
