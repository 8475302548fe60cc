#include "thing.h"

template <typename T> T same(T value)
{
    return value;
}

int main()
{
    return same(thing(0));
}
