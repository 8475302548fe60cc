/* OpenMP's places: each thread that is started is bound to the processors of its place. */
#define _GNU_SOURCE
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    int bound = 0;
    cpu_set_t all;

    /* Otherwise they would inherit what the first thread is bound to. */
    memset(&all, 0xff, sizeof all);
    sched_setaffinity(0, sizeof all, &all);
#pragma omp parallel num_threads(3) reduction(+ : bound)
    {
        cpu_set_t set;
        CPU_ZERO(&set);
        if (omp_get_thread_num() > 0 && sched_getaffinity(0, sizeof set, &set) == 0)
            bound = CPU_COUNT(&set) == 1 && omp_get_place_num() == 0;
    }
    printf("affinity: places %d, bound %d\n", omp_get_num_places(), bound);
    return 0;
}
