/* The Mach-O file format, as far as Valgrind's checker of its own tools reads it, for a build machine that is no Mac. */
#ifndef CROSSLOOM_MACH_O_LOADER_H
#define CROSSLOOM_MACH_O_LOADER_H

#include <arpa/inet.h>
#include <stdint.h>

#define MH_MAGIC 0xfeedfaceu
#define MH_MAGIC_64 0xfeedfacfu

#define CPU_TYPE_X86 7
#define CPU_TYPE_X86_64 0x01000007

#define LC_SYMTAB 0x2
#define LC_UNIXTHREAD 0x5
#define LC_DYSYMTAB 0xb
#define LC_SEGMENT_64 0x19
#define LC_UUID 0x1b
#define LC_SOURCE_VERSION 0x2a

struct mach_header_64 {
	uint32_t magic;
	int32_t cputype;
	int32_t cpusubtype;
	uint32_t filetype;
	uint32_t ncmds;
	uint32_t sizeofcmds;
	uint32_t flags;
	uint32_t reserved;
};

struct load_command {
	uint32_t cmd;
	uint32_t cmdsize;
};

struct thread_command {
	uint32_t cmd;
	uint32_t cmdsize;
};

struct segment_command_64 {
	uint32_t cmd;
	uint32_t cmdsize;
	char segname[16];
	uint64_t vmaddr;
	uint64_t vmsize;
	uint64_t fileoff;
	uint64_t filesize;
	int32_t maxprot;
	int32_t initprot;
	uint32_t nsects;
	uint32_t flags;
};

#endif
