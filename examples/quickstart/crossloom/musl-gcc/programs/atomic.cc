// Atomic operations on 16 bytes, and on 8 of a 32-bit processor, are calls of libatomic.
#include <atomic>
#include <cstdint>
#include <iostream>
#include <thread>

struct alignas(16) Pair {
    std::uint64_t first, second;
};

static std::atomic<Pair> pair{{0, 0}};
static std::atomic<std::uint64_t> count{0};

static void add()
{
    for (int i = 0; i < 1000; ++i) {
        Pair old = pair.load();
        while (!pair.compare_exchange_strong(old, {old.first + 1, old.second + 2})) {
        }
        ++count;
    }
}

int main()
{
    std::thread one(add), two(add);
    one.join();
    two.join();
    Pair end = pair.load();
    std::cout << "atomic " << end.first << " " << end.second << " " << count << std::endl;
    return 0;
}
