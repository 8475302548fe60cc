// Characters of a locale that is nobody's but the stream's: the program has that of C.
#include <clocale>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <locale>
#include <string>

int main()
{
    const std::locale utf8("C.UTF-8");
    std::wofstream out("locales.txt");
    out.imbue(utf8);
    out << L"\u20ac\n";
    out.close();
    std::ifstream bytes("locales.txt");
    std::string line;
    std::getline(bytes, line);
    std::wifstream in("locales.txt");
    in.imbue(utf8);
    std::wstring characters;
    std::getline(in, characters);
    const auto &convert = std::use_facet<std::codecvt<wchar_t, char, std::mbstate_t>>(utf8);
    std::cout << "locales " << line << ' ' << characters.size() << ' ' << convert.max_length() << ' ' << MB_CUR_MAX << std::endl;
    return characters != L"\u20ac";
}
