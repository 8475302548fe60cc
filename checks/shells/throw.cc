#include <iostream>
#include <stdexcept>
#include <string>

#include "tally.h"

int main()
{
    try {
        throw std::runtime_error("C++ counts to " + std::to_string(tally(10)));
    } catch (const std::exception &error) {
        std::cout << error.what() << '\n';
    }
    return 0;
}
