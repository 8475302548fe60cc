// Exceptions, thread-local storage and the stack protector across the border of a shared object.
#include "shared.h"

#include <csignal>
#include <iostream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

// Whether the stack protector ends a process that writes past an array of the shared object.
static bool is_guarded()
{
    pid_t child = fork();
    if (child == 0) {
        std::string long_text(200, 'x');
        copied(long_text.c_str());
        _exit(0);
    }
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

int main()
{
    int sum = 0;
    auto thread = std::thread([&sum] {
        local += 2;
        *counter() += 1;
        sum = local + *counter();
    });
    thread.join();
    std::string caught = "nothing";
    try {
        throws(5);
    } catch (const Thrown &error) {
        caught = error.what();
    }
    std::string general = "nothing";
    try {
        throws(0);
    } catch (const std::exception &error) {
        general = error.what();
    }
    std::cout << "shared " << sum << " " << local + *counter() << ", " << (caught == general ? caught : "different types")
              << ", " << copied("text") << (is_guarded() ? ", guarded" : ", not guarded") << std::endl;
    return 0;
}
