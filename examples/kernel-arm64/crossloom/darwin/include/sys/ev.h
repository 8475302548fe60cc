/* The event queue of watchevent, modwatch and waitevent, which old system calls take. */
#ifndef CROSSLOOM_SYS_EV_H
#define CROSSLOOM_SYS_EV_H

#include <sys/types.h>

struct eventreq {
	int er_type;
	int er_handle;
	void *er_data;
	int er_rcnt;
	int er_wcnt;
	int er_ecnt;
	int er_eventbits;
};

typedef struct eventreq *er_t;

#define EV_FD 1

#define EV_RE 1
#define EV_WR 2
#define EV_EX 4
#define EV_RM 8

#endif
