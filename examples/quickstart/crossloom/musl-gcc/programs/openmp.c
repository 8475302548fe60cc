#include <omp.h>
#include <stdio.h>

int main(void)
{
    int sum = 0, most = 0;
#pragma omp parallel for reduction(+ : sum) reduction(max : most) num_threads(3)
    for (int i = 1; i <= 100; ++i) {
        sum += i;
        most = omp_get_num_threads();
    }
    printf("openmp %d with %d threads\n", sum, most);
    return 0;
}
