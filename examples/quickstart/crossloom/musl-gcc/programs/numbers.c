/* Division of 64-bit numbers, for which many processors have a function of libgcc, and dates, which musl computes with them. */
#include <stdio.h>
#include <time.h>

volatile long long seven = 7, minus_seven = -7, three = 3, minus_three = -3;

int main(void)
{
    time_t start = 7;
    struct tm *date = gmtime(&start), first = {.tm_year = 1 - 1900, .tm_mon = 0, .tm_mday = 1};
    char text[32];
    strftime(text, sizeof text, "%j of %y, %T", date);
    printf("numbers %lld %lld %lld %lld, %s, %lld\n", minus_seven % three, seven % minus_three, minus_seven / three,
           minus_seven / minus_three, text, (long long) timegm(&first));
    unsigned long long big = (unsigned long long) minus_seven;
    return big / three != 6148914691236517203ULL || big % three != 0 || (minus_seven >> 1) != -4;
}
