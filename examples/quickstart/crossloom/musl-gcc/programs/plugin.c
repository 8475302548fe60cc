/* Threads of OpenMP in an object that is loaded when the program already runs. */
static _Thread_local int own = 3;

int sum(void)
{
    int sum = 0;
#pragma omp parallel for reduction(+ : sum) num_threads(2)
    for (int i = 1; i <= 100; ++i)
        sum += i;
    return sum + own;
}
