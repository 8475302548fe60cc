/* The checksum of Ethernet, gzip and others, bit by bit. */
#include <stddef.h>
#include <stdint.h>

uint32_t crc32(const uint8_t *bytes, size_t length)
{
	uint32_t crc = 0xffffffff;

	for (size_t at = 0; at < length; at++) {
		crc ^= bytes[at];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}
