/* glibc's names for turning bytes round, which a Mac spells OSSwapInt16 and so on. */
#ifndef CROSSLOOM_BYTESWAP_H
#define CROSSLOOM_BYTESWAP_H

#define bswap_16(x) __builtin_bswap16(x)
#define bswap_32(x) __builtin_bswap32(x)
#define bswap_64(x) __builtin_bswap64(x)

#endif
