/* Says whose memory a block is: its own, one that musl allocates, and one of a shared object, from several threads. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* mimalloc's own functions: a program without mimalloc does not link. */
int mi_version(void);
bool mi_is_in_heap_region(const void *);

#ifdef SHARED
char *of_shared_object(void);
#else
static char *of_shared_object(void) { return strdup("no shared object"); }
#endif

static void *work(void *wrong)
{
    for (int i = 1; i < 20000; i++) {
        char *block = malloc(i), *again = realloc(block, 2 * i);

        if (!again || !mi_is_in_heap_region(again)) *(bool *)wrong = true;
        free(again);
    }
    return NULL;
}

int main(void)
{
    char *line = NULL, *aligned = aligned_alloc(4096, 8192), *shared = of_shared_object();
    bool wrong = false, wrong_there = false;
    size_t size = 0;
    pthread_t thread;
    FILE *file = tmpfile();

    fputs("a line\n", file);
    rewind(file);
    if (getline(&line, &size, file) != 7 || !mi_is_in_heap_region(line)) return puts("musl has another allocator"), 1;
    if (!mi_is_in_heap_region(shared)) return puts("the shared object has another allocator"), 1;
    if (!mi_is_in_heap_region(aligned) || (size_t)aligned % 4096) return puts("wrong aligned memory"), 1;
    free(line), free(shared), free(aligned);
    if (pthread_create(&thread, NULL, work, &wrong_there)) return puts("no thread"), 1;
    work(&wrong);
    pthread_join(thread, NULL);
    if (wrong || wrong_there) return puts("a thread has another allocator"), 1;
    int version = mi_version();
    printf("mimalloc %d.%d.%d\n", version / 10000, version / 100 % 100, version % 100);
    return 0;
}
