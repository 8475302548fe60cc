// What a C++ library has to bring: streams, threads, locks, futures, exceptions across frames and through threads.
#include <algorithm>
#include <future>
#include <iostream>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "greeting.h"

static int checked(int number)
{
    if (number > 10)
        throw std::out_of_range("too large: " + std::to_string(number));
    return number;
}

int main()
{
    std::mutex lock;
    std::vector<int> numbers;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&, i] {
            std::lock_guard guard(lock);
            numbers.push_back(checked(i));
        });
    for (auto &thread : threads)
        thread.join();
    std::sort(numbers.begin(), numbers.end());

    auto late = std::async(std::launch::async, [] { return checked(11); });
    std::string caught;
    try {
        late.get();
    } catch (const std::exception &error) {
        caught = error.what();
    }
    std::cout << greeting() << " from C++, sum " << std::accumulate(numbers.begin(), numbers.end(), 0) << ", " << caught
              << '\n';
    return 0;
}
