/* What shared.cc offers to its users. */
#include <stdexcept>
#include <string>

struct Thrown : std::runtime_error {
    using std::runtime_error::runtime_error;
};

extern "C" int copied(const char *text);
int *counter();
extern thread_local int local;
void throws(int depth);
