/* Where newer SDKs have the declarations of strings.h, for string.h to include: see strings.h beside this file. */
#define fls crossloom_darwin_fls
#include_next <_strings.h>
#undef fls
