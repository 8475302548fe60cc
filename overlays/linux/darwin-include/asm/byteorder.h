/* The kernel's byte order of this machine. As in the kernel, only the macro of the order that holds is defined. Without
 * __LITTLE_ENDIAN_BITFIELD a structure of bit fields loses them, in silence: the tools would read and write garbage. */
#ifndef CROSSLOOM_ASM_BYTEORDER_H
#define CROSSLOOM_ASM_BYTEORDER_H

#ifndef __LITTLE_ENDIAN
#define __LITTLE_ENDIAN 1234
#endif
#define __LITTLE_ENDIAN_BITFIELD

#endif
