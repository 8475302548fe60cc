// Names of locales that musl takes. The environment names another one.
#include <clocale>
#include <cstdlib>
#include <iostream>
#include <locale>
#include <string>

int main()
{
    setenv("LC_ALL", "de_DE.UTF-8", 1);
    std::locale::global(std::locale(""));
    std::wcout.imbue(std::locale("C.UTF-8"));
    std::wcout << L"locale \u20ac " << 1.5 << std::endl;
    std::string name = std::locale().name(), too_long(300, 'x');
    try {
        std::locale unknown(too_long.c_str());
        return name == "de_DE.UTF-8" && std::setlocale(LC_CTYPE, too_long.c_str()) ? 0 : 1;
    } catch (const std::runtime_error &) {
        return name == "de_DE.UTF-8" && !std::setlocale(LC_CTYPE, too_long.c_str()) ? 0 : 1;
    }
}
