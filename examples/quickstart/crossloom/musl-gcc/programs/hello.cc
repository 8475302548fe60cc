#include <cmath>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// An exception that crosses frames and threads, and sums from several threads: what a broken libgcc_eh, a missing
// PT_GNU_EH_FRAME or a wrong thread model gets wrong.
static long thrower(int depth)
{
    if (depth == 0)
        throw std::runtime_error("thrown");
    return thrower(depth - 1) + 1;
}

int main()
{
    std::vector<long> sums(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < sums.size(); ++i)
        threads.emplace_back([&sums, i] {
            try {
                thrower(10);
            } catch (const std::exception &error) {
                if (std::string(error.what()) == "thrown")
                    sums[i] = static_cast<long>(std::lround(std::sqrt(100.0 * static_cast<double>(i * i))));
            }
        });
    for (auto &thread : threads)
        thread.join();
    std::cout << "hello from C++, sum " << std::accumulate(sums.begin(), sums.end(), 0L) << std::endl;
    return 0;
}
