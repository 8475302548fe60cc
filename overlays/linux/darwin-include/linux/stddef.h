/* objtool's copies of the kernel's headers name this one; offsetof is what they want. */
#include <stddef.h>
