// A shared object with a stack protector, thread-local storage and exceptions.
#include "shared.h"

#include <cstring>

thread_local int local = 40;
static thread_local int hidden = 1;

extern "C" int copied(const char *text)
{
    // An array on the stack that is written to by its length: -fstack-protector-strong guards this function.
    char buffer[16];
    std::strcpy(buffer, text);
    return static_cast<int>(std::strlen(buffer));
}

int *counter()
{
    return &hidden;
}

void throws(int depth)
{
    if (depth == 0)
        throw Thrown("out of the shared object");
    throws(depth - 1);
    ++hidden;
}
