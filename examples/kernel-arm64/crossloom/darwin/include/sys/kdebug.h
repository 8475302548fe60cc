/* The kernel's trace codes: a class (8 bits), a subclass (8), a code (14) and a function (2). */
#ifndef CROSSLOOM_SYS_KDEBUG_H
#define CROSSLOOM_SYS_KDEBUG_H

#include <stdint.h>
#include <sys/types.h>

#define KDBG_CLASS_MASK 0xff000000u
#define KDBG_CLASS_OFFSET 24
#define KDBG_SUBCLASS_MASK 0x00ff0000u
#define KDBG_SUBCLASS_OFFSET 16
#define KDBG_CSC_MASK 0xffff0000u
#define KDBG_CSC_OFFSET KDBG_SUBCLASS_OFFSET
#define KDBG_CODE_MASK 0x0000fffcu
#define KDBG_CODE_OFFSET 2
#define KDBG_EVENTID_MASK 0xfffffffcu
#define KDBG_FUNC_MASK 0x00000003u

#define KDBG_EXTRACT_CLASS(id) ((uint8_t)(((id) & KDBG_CLASS_MASK) >> KDBG_CLASS_OFFSET))
#define KDBG_EXTRACT_SUBCLASS(id) ((uint8_t)(((id) & KDBG_SUBCLASS_MASK) >> KDBG_SUBCLASS_OFFSET))
#define KDBG_EXTRACT_CSC(id) ((uint16_t)(((id) & KDBG_CSC_MASK) >> KDBG_CSC_OFFSET))
#define KDBG_EXTRACT_CODE(id) ((uint16_t)(((id) & KDBG_CODE_MASK) >> KDBG_CODE_OFFSET))
#define KDBG_EVENTID(class, subclass, code)                                                                            \
	((((unsigned)(class) & 0xff) << KDBG_CLASS_OFFSET) | (((unsigned)(subclass) & 0xff) << KDBG_SUBCLASS_OFFSET) |     \
	 (((unsigned)(code) & 0x3fff) << KDBG_CODE_OFFSET))

#define DBG_FUNC_NONE 0u
#define DBG_FUNC_START 1u
#define DBG_FUNC_END 2u

#define DBG_MACH 1
#define DBG_NETWORK 2
#define DBG_FSYSTEM 3
#define DBG_BSD 4
#define DBG_IOKIT 5
#define DBG_DRIVERS 6
#define DBG_TRACE 7
#define DBG_DLIL 8
#define DBG_PTHREAD 9
#define DBG_CORESTORAGE 10
#define DBG_CG 11
#define DBG_MONOTONIC 12
#define DBG_MISC 20
#define DBG_SECURITY 30
#define DBG_DYLD 31
#define DBG_QT 32
#define DBG_APPS 33
#define DBG_LAUNCHD 34
#define DBG_SILICON 35
#define DBG_PERF 37
#define DBG_IMPORTANCE 38
#define DBG_BANK 40
#define DBG_XPC 41
#define DBG_ATM 42
#define DBG_ARIADNE 43
#define DBG_DAEMON 44
#define DBG_ENERGYTRACE 45
#define DBG_DISPATCH 46
#define DBG_IMG 49
#define DBG_UMALLOC 51
#define DBG_TURNSTILE 53
#define DBG_AUDIO 54
#define DBG_MIG 255

#endif
