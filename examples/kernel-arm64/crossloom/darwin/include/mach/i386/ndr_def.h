/* How this machine represents data in Mach messages. */
#ifndef CROSSLOOM_MACH_I386_NDR_DEF_H
#define CROSSLOOM_MACH_I386_NDR_DEF_H

#include <mach/ndr.h>

NDR_record_t NDR_record = {
	.mig_vers = 0,
	.if_vers = 0,
	.mig_encoding = NDR_PROTOCOL_2_0,
	.int_rep = NDR_INT_LITTLE_ENDIAN,
	.char_rep = NDR_CHAR_ASCII,
	.float_rep = NDR_FLOAT_IEEE,
};

#endif
