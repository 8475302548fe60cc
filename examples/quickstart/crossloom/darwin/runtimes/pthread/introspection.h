/* What compiler-rt reads of Apple's open-source pthread/introspection.h, which the open SDK lacks. */
#pragma once
#include <pthread.h>
typedef void (*pthread_introspection_hook_t)(unsigned int event, pthread_t thread, void *address, size_t size);
enum {
    PTHREAD_INTROSPECTION_THREAD_CREATE = 1,
    PTHREAD_INTROSPECTION_THREAD_START,
    PTHREAD_INTROSPECTION_THREAD_TERMINATE,
    PTHREAD_INTROSPECTION_THREAD_DESTROY,
};
#ifdef __cplusplus
extern "C"
#endif
pthread_introspection_hook_t pthread_introspection_hook_install(pthread_introspection_hook_t hook);
