#include "greeting.h"

const char *greeting(void)
{
    /* What clang turns into a call of the compiler's runtime library. */
    if (__builtin_available(macOS 13.5, *))
        return "hello, new macOS,";
    return "hello";
}
