//! A PC, started by a loader that knows PVH: in 32-bit mode without paging.

use core::arch::{asm, global_asm};

global_asm!(
    r#"
    # An ELF note tells the loader the address: its type is 18, and its owner is Xen.
    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 4, 18
    .asciz "Xen"
    .long _start

    .section .text.boot, "ax", @progbits
    .code32
    .global _start
_start:
    movl $stack_end, %esp
    # The first four megabytes stand where they are: the kernel is at the second two.
    movl $level_3 + 3, level_4
    movl $level_2 + 3, level_3
    movl $0x83, level_2
    movl $0x200083, level_2 + 8
    movl $level_4, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80000001, %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $1f
    .code64
1:
    xorl %eax, %eax
    movl %eax, %ss
    movl %eax, %ds
    movl %eax, %es
    call start

    .section .rodata.boot, "a", @progbits
    .balign 8
gdt:
    .quad 0, 0x00209a0000000000
gdt_pointer:
    .short 15
    .long gdt

    .section .bss.boot, "aw", @nobits
    .balign 4096
level_4: .skip 4096
level_3: .skip 4096
level_2: .skip 4096
    .skip 16384
stack_end:
"#,
    options(att_syntax)
);

fn out(port: u16, value: u32) {
    // SAFETY: the serial port takes one byte of it; where the other port's device is not there, nothing listens.
    match port {
        SERIAL => unsafe { asm!("out dx, al", in("dx") port, in("al") value as u8) },
        _ => unsafe { asm!("out dx, eax", in("dx") port, in("eax") value) },
    }
}

const SERIAL: u16 = 0x3f8;
/// QEMU's `isa-debug-exit`: a number N ends the emulator with status 2N + 1.
const DEBUG_EXIT: u16 = 0xf4;

pub fn send(byte: u8) {
    out(SERIAL, u32::from(byte));
}

pub fn exit(success: bool) -> ! {
    out(DEBUG_EXIT, if success { 0x10 } else { 0x11 });
    loop {}
}
