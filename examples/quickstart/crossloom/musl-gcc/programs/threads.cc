// While one thread reads numbers, another one has the locale of the program.
#include <atomic>
#include <clocale>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <thread>

int main()
{
    std::setlocale(LC_ALL, "C.UTF-8");
    std::atomic<bool> reads = false, stop = false;
    std::thread reader([&] {
        for (double number = 0; !stop; reads = number == 1.5)
            std::istringstream("1.5") >> number;
    });
    while (!reads)
        std::this_thread::yield();
    int wrong = 0;
    for (int count = 0; count < 20000; count++) {
        wchar_t text[4];
        wrong += std::mbstowcs(text, "\u20ac", 4) != 1;
    }
    stop = true;
    reader.join();
    std::cout << "locales beside a reader of numbers: " << wrong << " wrong" << std::endl;
}
