/* OpenMP's places: each thread is bound to a processor of its own place. */
#define _GNU_SOURCE
#include <omp.h>
#include <sched.h>
#include <stdio.h>

int main(void)
{
    int bound = 0;

#pragma omp parallel num_threads(2) reduction(+ : bound)
    {
        cpu_set_t set;
        CPU_ZERO(&set);
        if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1 && omp_get_place_num() >= 0)
            bound = CPU_ISSET(sched_getcpu(), &set) != 0;
    }
    printf("affinity: places %d, bound %d\n", omp_get_num_places() > 0, bound);
    return 0;
}
