#include <stdio.h>
#include <string.h>
#include <time.h>
#include <linux/version.h>
#include <limits.h>

int main(void)
{
    char path[PATH_MAX] = "hello";
    time_t zero = 0;
    struct tm *utc = gmtime(&zero);

    printf("%s from C, %d-bit, the epoch began in %d\n", path, (int)(8 * sizeof(void *)), utc ? utc->tm_year + 1900 : 0);
    return strcmp(path, "hello") != 0;
}
