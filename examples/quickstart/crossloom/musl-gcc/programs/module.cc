// The standard library as a module.
import std;

int main()
{
    std::vector numbers{1, 2};
    std::println("module {}", numbers.size() + 1);
    return 0;
}
