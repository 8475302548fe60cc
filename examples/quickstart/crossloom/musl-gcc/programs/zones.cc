// Time zones with names as tzdata has them since version 2024b. ZONES is the folder of the file tzdata.zi.
#include <chrono>
#include <format>
#include <iostream>

namespace __gnu_cxx {
const char *zoneinfo_dir_override() { return ZONES; }
}

int main()
{
    using namespace std::chrono;
    std::cout << "zones " << get_tzdb().version;
    for (const char *name : {"Test/East", "Test/Midnight", "Test/West", "Test/Rules"})
        std::cout << std::format(" {:%H:%M %Z}", zoned_time(name, sys_days(2026y / July / 1)));
    std::cout << std::endl;
}
