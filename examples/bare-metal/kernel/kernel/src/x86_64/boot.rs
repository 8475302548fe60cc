//! The entry point for loaders that know PVH, such as `qemu -kernel`: they start in 32-bit mode without paging.

use core::arch::global_asm;

global_asm!(
    r#"
    # An ELF note tells the loader the address: its type is 18, and its owner is Xen.
    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 4, 18
    .asciz "Xen"
    .long pvh_start

    .section .text.boot, "ax", @progbits
    .code32
    .global pvh_start
pvh_start:
    cli
    cld
    movl $boot_stack_end, %esp

    # The first gigabyte stands where it is, in pages of 2 MiB.
    movl $boot_level_3, %eax
    orl $3, %eax
    movl %eax, boot_level_4
    movl $boot_level_2, %eax
    orl $3, %eax
    movl %eax, boot_level_3
    xorl %ecx, %ecx
1:
    movl %ecx, %eax
    shll $21, %eax
    orl $0x83, %eax
    movl %eax, boot_level_2(, %ecx, 8)
    movl $0, boot_level_2 + 4(, %ecx, 8)
    incl %ecx
    cmpl $512, %ecx
    jne 1b

    # Physical address extension, long mode with pages that hold no code, paging.
    movl $boot_level_4, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x900, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80010001, %eax
    movl %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $8, $boot_long

    .code64
boot_long:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %eax, %fs
    movl %eax, %gs
    movq $boot_stack_end, %rsp
    xorl %ebp, %ebp
    call x86_64_main
    ud2

    .section .rodata.boot, "a", @progbits
    .balign 8
boot_gdt:
    .quad 0
    # 64-bit code.
    .quad 0x00209a0000000000
boot_gdt_pointer:
    .short 15
    .long boot_gdt

    .section .bss.boot, "aw", @nobits
    .balign 4096
boot_level_4:
    .skip 4096
boot_level_3:
    .skip 4096
boot_level_2:
    .skip 4096
boot_stack:
    .skip 65536
boot_stack_end:
"#,
    options(att_syntax)
);

#[no_mangle]
extern "C" fn x86_64_main() -> ! {
    super::start_console();
    crate::main()
}
