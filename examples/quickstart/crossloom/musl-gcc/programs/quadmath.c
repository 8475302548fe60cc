#include <quadmath.h>
#include <stdio.h>

int main(void)
{
    char third[64], root[64];
    quadmath_snprintf(third, sizeof third, "%.30Qf", 1 / strtoflt128("3", NULL));
    quadmath_snprintf(root, sizeof root, "%.30Qf", sqrtq(2));
    printf("quadmath %s %s\n", third, root);
    return 0;
}
