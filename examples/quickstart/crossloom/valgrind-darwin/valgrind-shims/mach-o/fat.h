/* Several Mach-O files in one; every number is big-endian. */
#ifndef CROSSLOOM_MACH_O_FAT_H
#define CROSSLOOM_MACH_O_FAT_H

#include <stdint.h>

#define FAT_MAGIC 0xcafebabeu

struct fat_header {
	uint32_t magic;
	uint32_t nfat_arch;
};

struct fat_arch {
	int32_t cputype;
	int32_t cpusubtype;
	uint32_t offset;
	uint32_t size;
	uint32_t align;
};

#endif
