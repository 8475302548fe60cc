/* Loads a shared object at run time; a static program is told that it cannot. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    void *object = count > 1 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (!object) {
        const char *error = dlerror();
        printf("dlopen: %s\n", error ? error : "no object is named");
        return 0;
    }
    int (*sum)(void) = (int (*)(void))dlsym(object, "sum");
    printf("dlopen %d\n", sum ? sum() : -1);
    return dlclose(object);
}
