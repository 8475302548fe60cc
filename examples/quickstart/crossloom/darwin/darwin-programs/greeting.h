#ifndef GREETING_H
#define GREETING_H

#ifdef __cplusplus
extern "C" {
#endif

/* What every program here says first. */
const char *greeting(void);

#ifdef __cplusplus
}
#endif

#endif
