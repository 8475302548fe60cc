/* CVE-2026-40200: with this many elements, a loop ran past an array on the stack on 32-bit processors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return *(const unsigned char *)a - *(const unsigned char *)b;
}

int main(void)
{
    size_t count = 11405774;
    unsigned char *bytes = malloc(count);
    if (bytes == NULL) {
        puts("no memory");
        return 1;
    }
    memset(bytes, 1, count);
    bytes[count - 1] = 0;
    qsort(bytes, count, 1, compare);
    puts(bytes[0] == 0 && bytes[1] == 1 && bytes[count - 1] == 1 ? "qsort is right" : "qsort is wrong");
    free(bytes);
    return 0;
}
