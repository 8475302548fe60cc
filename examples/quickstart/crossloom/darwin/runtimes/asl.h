/* What compiler-rt reads of Apple's asl.h, which the open SDK lacks: the functions are libSystem's. */
#pragma once
#define ASL_LEVEL_ERR 3
#ifdef __cplusplus
extern "C"
#endif
int asl_log(void *client, void *message, int level, const char *format, ...);
