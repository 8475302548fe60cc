/* The kernel's integers of fixed width, which every one of its headers starts from. */
#ifndef CROSSLOOM_ASM_TYPES_H
#define CROSSLOOM_ASM_TYPES_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef signed short __s16;
typedef unsigned short __u16;
typedef signed int __s32;
typedef unsigned int __u32;
/* As in the kernel `long long` on every machine, so that %llu is right. */
typedef signed long long __s64;
typedef unsigned long long __u64;

#endif
