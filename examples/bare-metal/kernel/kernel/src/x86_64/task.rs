//! A task in user mode: its code is copied into pages of its own, and calls the kernel by interrupt 0x80.

use core::arch::{asm, global_asm};
use core::slice;

use x86_64::structures::paging::PageTableFlags;

use super::{memory, segments};
use crate::own::Own;

const CODE: u64 = 0x5555_0000_0000;
const STACK: u64 = 0x5555_1000_0000;
const PAGE: u64 = 4096;

global_asm!(
    r#"
    .section .rodata.task, "a", @progbits
    .global task_start, task_end
task_start:
    # Long enough for some ticks of the timer.
    movl $50000000, %ecx
1:
    decl %ecx
    jnz 1b
    # Says something: number, text, length.
    movl $1, %eax
    leaq 2f(%rip), %rdi
    movl $3f - 2f, %esi
    int $0x80
    # Ends.
    xorl %eax, %eax
    movl $42, %edi
    int $0x80
    ud2
2:
    .ascii "hello from user mode"
3:
task_end:

    .section .text.task, "ax", @progbits
    .global system_call_entry
system_call_entry:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    movq %rsi, %rdx
    movq %rdi, %rsi
    movq %rax, %rdi
    cld
    call x86_64_system_call
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    iretq
"#,
    options(att_syntax)
);

extern "C" {
    static task_start: u8;
    static task_end: u8;
    pub fn system_call_entry();
}

/// What is called when the task ends.
static ENDED: Own<Option<fn(u64) -> !>> = Own::new(None);

#[no_mangle]
extern "C" fn x86_64_system_call(number: u64, argument: u64, length: u64) {
    // SAFETY: written before the task starts.
    match (number, unsafe { *ENDED.get() }) {
        (0, Some(ended)) => ended(argument),
        _ => crate::system_call(number, argument, length),
    }
}

/// Bytes of the task's; none where they are not in its pages.
pub fn user_bytes(start: u64, length: u64) -> &'static [u8] {
    let inside = start.checked_add(length).is_some_and(|end| start >= CODE && end <= CODE + PAGE);
    // SAFETY: the page is mapped, and nothing writes to it.
    if inside {
        unsafe { slice::from_raw_parts(start as *const u8, length as usize) }
    } else {
        &[]
    }
}

/// Starts the task; `ended` is called with the number that it ends with.
pub fn run_task(ended: fn(u64) -> !) -> ! {
    memory::map(CODE, PAGE, PageTableFlags::WRITABLE | PageTableFlags::USER_ACCESSIBLE);
    let flags = PageTableFlags::WRITABLE | PageTableFlags::USER_ACCESSIBLE | PageTableFlags::NO_EXECUTE;
    memory::map(STACK, PAGE, flags);
    // SAFETY: the code fits into its page, and the segments are loaded. The third word has interrupts on.
    unsafe {
        *ENDED.get() = Some(ended);
        let (start, end) = (&raw const task_start, &raw const task_end);
        let size = end as usize - start as usize;
        assert!(size as u64 <= PAGE);
        core::ptr::copy_nonoverlapping(start, CODE as *mut u8, size);
        asm!(
            "push {data}",
            "push {stack}",
            "push 0x202",
            "push {code_segment}",
            "push {code}",
            "iretq",
            data = in(reg) u64::from(segments::USER_DATA.0),
            stack = in(reg) STACK + PAGE,
            code_segment = in(reg) u64::from(segments::USER_CODE.0),
            code = in(reg) CODE,
            options(noreturn)
        )
    }
}
