/* Byte order by the names that programs on Linux use. Macs are little-endian, all of them that clang still knows. */
#ifndef CROSSLOOM_ENDIAN_H
#define CROSSLOOM_ENDIAN_H

/* BYTE_ORDER, LITTLE_ENDIAN, BIG_ENDIAN */
#include <machine/endian.h>

#include <byteswap.h>
#include <stdint.h>

#ifndef __LITTLE_ENDIAN
#define __LITTLE_ENDIAN 1234
#endif
#ifndef __BIG_ENDIAN
#define __BIG_ENDIAN 4321
#endif
#ifndef __BYTE_ORDER
#define __BYTE_ORDER __LITTLE_ENDIAN
#endif

#if BYTE_ORDER != LITTLE_ENDIAN
#error "no Mac is big-endian"
#endif

/* With a cast: the argument's own type would stay, where glibc's functions return one of that width. */
#define htole16(x) ((uint16_t)(x))
#define htole32(x) ((uint32_t)(x))
#define htole64(x) ((uint64_t)(x))
#define le16toh(x) ((uint16_t)(x))
#define le32toh(x) ((uint32_t)(x))
#define le64toh(x) ((uint64_t)(x))
#define htobe16(x) bswap_16(x)
#define htobe32(x) bswap_32(x)
#define htobe64(x) bswap_64(x)
#define be16toh(x) bswap_16(x)
#define be32toh(x) bswap_32(x)
#define be64toh(x) bswap_64(x)

#endif
