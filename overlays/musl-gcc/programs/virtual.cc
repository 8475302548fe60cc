// Tables of virtual functions with addresses out of the C++ library.
#include <iostream>

struct Shape {
    virtual ~Shape() = default;
    virtual int sides() const = 0;
};

struct Square : Shape {
    int sides() const override { return 4; }
};

std::ostream *const console = &std::cout;

int main()
{
    Shape *volatile shape = new Square;
    *console << "virtual " << shape->sides() << ' ' << (console == &std::cout) << std::endl;
    delete shape;
}
