/* Darwin declares fls(), which Linux's C libraries do not and which objtool defines as a function of its own type. */
#define fls crossloom_darwin_fls
#include_next <strings.h>
#undef fls
