/* What compiler-rt reads of Apple's util.h, which the open SDK lacks. */
#pragma once
#include <sys/termios.h>
#include <sys/ttycom.h>
#include <unistd.h>
#ifdef __cplusplus
extern "C"
#endif
pid_t forkpty(int *primary, char *name, struct termios *terminal, struct winsize *window);
