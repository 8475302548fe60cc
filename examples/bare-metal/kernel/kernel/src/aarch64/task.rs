//! A task in user mode: its code is copied into a page of its own, and calls the kernel by `svc`.

use core::arch::{asm, global_asm};
use core::slice;

use super::exceptions::Frame;
use super::memory::{self, Access};
use crate::own::Own;

const CODE: u64 = 0x30_0000_0000;
const STACK: u64 = 0x31_0000_0000;
const PAGE: u64 = 4096;

global_asm!(
    r#"
    .section .rodata.task, "a"
    .balign 4
    .global task_start, task_end
task_start:
    // Long enough for some ticks of the timer.
    ldr w9, =50000000
1:
    subs w9, w9, #1
    b.ne 1b
    // Says something: number, text, length.
    mov x8, #1
    adr x0, 2f
    mov x1, #(3f - 2f)
    svc #0
    // Ends.
    mov x8, #0
    mov x0, #42
    svc #0
    brk #0
    .ltorg
2:
    .ascii "hello from user mode"
3:
task_end:
"#
);

extern "C" {
    static task_start: u8;
    static task_end: u8;
}

/// What is called when the task ends.
static ENDED: Own<Option<fn(u64) -> !>> = Own::new(None);

/// What the task asks for.
pub fn system_call(frame: &Frame) {
    let [argument, length, ..] = frame.registers;
    // SAFETY: written before the task starts.
    match (frame.registers[8], unsafe { *ENDED.get() }) {
        (0, Some(ended)) => ended(argument),
        (number, _) => crate::system_call(number, argument, length),
    }
}

/// Bytes of the task's; none where they are not in its page.
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
    let frame = memory::map(CODE, PAGE, Access::UserCode);
    memory::map(STACK, PAGE, Access::UserData);
    // SAFETY: the code fits into its page. The state is user mode with interrupts.
    unsafe {
        *ENDED.get() = Some(ended);
        let (start, end) = (&raw const task_start, &raw const task_end);
        let size = end as usize - start as usize;
        assert!(size as u64 <= PAGE);
        core::ptr::copy_nonoverlapping(start, frame as *mut u8, size);
        asm!(
            "dsb ish",
            "ic iallu",
            "dsb ish",
            "isb",
            // The frame of an exception in the middle of this would overwrite both.
            "msr daifset, #2",
            "msr sp_el0, {stack}",
            "msr elr_el1, {code}",
            "msr spsr_el1, xzr",
            "eret",
            stack = in(reg) STACK + PAGE,
            code = in(reg) CODE,
            options(noreturn)
        )
    }
}
