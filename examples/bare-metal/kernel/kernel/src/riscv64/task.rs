//! A task in user mode: its code is copied into a page of its own, and calls the kernel by `ecall`.

use core::arch::{asm, global_asm};
use core::slice;

use super::memory::{self, EXECUTE, PAGE, READ, WRITE};
use super::traps::Frame;
use crate::own::Own;

const CODE: u64 = 0x10_0000_0000;
const STACK: u64 = 0x11_0000_0000;
const TRAP_STACK: usize = 32 << 10;

global_asm!(
    r#"
    .section .rodata.task, "a"
    .balign 4
    .global task_start, task_end
task_start:
    # Long enough for some ticks of the timer.
    li t0, 50000000
1:
    addi t0, t0, -1
    bnez t0, 1b
    # Says something: number, text, length.
    li a7, 1
    lla a0, 2f
    li a1, 20
    ecall
    # Ends.
    li a7, 0
    li a0, 42
    ecall
    ebreak
2:
    .ascii "hello from user mode"
task_end:
"#
);

extern "C" {
    static task_start: u8;
    static task_end: u8;
}

#[repr(align(16))]
struct Stack(#[allow(dead_code)] [u8; TRAP_STACK]);

/// Where the kernel works when it interrupts the task.
static STACK_OF_TRAPS: Own<Stack> = Own::new(Stack([0; TRAP_STACK]));
/// What is called when the task ends.
static ENDED: Own<Option<fn(u64) -> !>> = Own::new(None);
/// The frame of the code.
static FRAME: Own<u64> = Own::new(0);

/// What the task asks for.
pub fn system_call(frame: &Frame) {
    let [argument, length, .., number] = frame.arguments();
    // SAFETY: written before the task starts.
    match (number, unsafe { *ENDED.get() }) {
        (0, Some(ended)) => ended(argument),
        _ => crate::system_call(number, argument, length),
    }
}

/// Bytes of the task's; none where they are not in its page. The kernel finds them at their physical address.
pub fn user_bytes(start: u64, length: u64) -> &'static [u8] {
    let inside = start.checked_add(length).is_some_and(|end| start >= CODE && end <= CODE + PAGE);
    // SAFETY: the frame is the task's, and nothing writes to it.
    unsafe {
        let place = *FRAME.get() + start.wrapping_sub(CODE);
        if inside {
            slice::from_raw_parts(place as *const u8, length as usize)
        } else {
            &[]
        }
    }
}

/// Starts the task; `ended` is called with the number that it ends with.
pub fn run_task(ended: fn(u64) -> !) -> ! {
    // SAFETY: the code fits into its page.
    unsafe {
        let frame = memory::map(CODE, READ | EXECUTE);
        memory::map(STACK, READ | WRITE);
        *FRAME.get() = frame;
        *ENDED.get() = Some(ended);
        let (start, end) = (&raw const task_start, &raw const task_end);
        let size = end as usize - start as usize;
        assert!(size as u64 <= PAGE);
        core::ptr::copy_nonoverlapping(start, frame as *mut u8, size);
        asm!(
            // No interrupt until the task runs: its handler would take the stack for the task's.
            "csrc mstatus, {interrupts}",
            // User mode may use all memory, as far as its page tables lead there.
            "csrw pmpaddr0, {all}",
            "csrw pmpcfg0, {rights}",
            "csrw satp, {translation}",
            "sfence.vma",
            "fence.i",
            "csrw mscratch, {trap_stack}",
            "csrw mepc, {code}",
            // Back to user mode, with interrupts.
            "csrc mstatus, {mode}",
            "csrs mstatus, {then}",
            "mv sp, {stack}",
            "mret",
            interrupts = in(reg) 1_u64 << 3,
            all = in(reg) u64::MAX >> 10,
            rights = in(reg) 0x1f_u64,
            translation = in(reg) memory::translation(),
            trap_stack = in(reg) STACK_OF_TRAPS.get() as u64 + TRAP_STACK as u64,
            code = in(reg) CODE,
            mode = in(reg) 3_u64 << 11,
            then = in(reg) 1_u64 << 7,
            stack = in(reg) STACK + PAGE,
            options(noreturn)
        )
    }
}
