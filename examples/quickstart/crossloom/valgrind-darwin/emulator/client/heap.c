// Errors with an allocator of the program's own, which tells Valgrind about its blocks: there is no libSystem whose
// malloc could be replaced.
#include "system.h"
#include <valgrind/memcheck.h>

enum { REDZONE = 16 };

static char pool[4096];
static size_t used;

__attribute__((noinline)) static char *allocate(size_t size)
{
    char *block = pool + used + REDZONE;
    used += size + 2 * REDZONE;
    VALGRIND_MALLOCLIKE_BLOCK(block, size, REDZONE, 0);
    return block;
}

static void release(char *block)
{
    VALGRIND_FREELIKE_BLOCK(block, REDZONE);
}

static char *kept, *volatile lost;

int main(int argc, char **argv)
{
    (void)argv;
    VALGRIND_MAKE_MEM_NOACCESS(pool, sizeof pool);
    kept = allocate(24);
    lost = allocate(40);
    char *freed = allocate(8);
    lost[39 + argc] = 1; // one byte past the block
    lost = NULL;
    freed[0] = 2;
    release(freed);
    if (freed[0] == 2) // after its release
        print("read\n");
    return 3;
}
