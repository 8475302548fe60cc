#ifndef SYSTEM_H
#define SYSTEM_H

#include "quickjs.h"

/* The module with what a first process needs of the kernel. */
void js_init_module_system(JSContext *ctx, const char *name);

/* How names of modules become paths, and paths become modules: packages and CommonJS included. */
char *system_normalize(JSContext *ctx, const char *base, const char *name, void *opaque);
JSModuleDef *system_loader(JSContext *ctx, const char *name, void *opaque, JSValueConst attributes);

#endif
