/* What bindgen would see: this is macOS' mutex, and not the build machine's. */
#include <pthread.h>
_Static_assert(sizeof(pthread_mutex_t) == 64, "these are not the headers of macOS");
_Static_assert(sizeof(long double) == (sizeof(void *) == 8 && __LDBL_MANT_DIG__ == 53 ? 8 : 16), "another processor");
#ifndef __APPLE__
#error not compiled for macOS
#endif
