// Numbers of each type as text.
#include <charconv>
#include <format>
#include <iostream>
#include <string>

template <typename T> std::string hexadecimal(T number)
{
    char text[64];
    return {text, std::to_chars(text, text + sizeof text, number, std::chars_format::hex).ptr};
}

int main()
{
    long double read = 0;
    const char text[] = "-1.5";
    std::from_chars(text, text + 4, read);
    std::cout << std::format("numbers {} {} {} {} {}", 0.1f, 0.1, 1.25L, -123456.75L, read) << ' ' << hexadecimal(1.0f) << ' '
              << hexadecimal(1.0) << ' ' << std::to_string(2.5L) << std::endl;
}
