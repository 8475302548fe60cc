//! Exceptions, the timer, and the instruction by which user mode calls the kernel.

use core::arch::{asm, global_asm};
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::task;

/// The interrupt controller, a GICv2: its distributor, and the processor's part of it.
const DISTRIBUTOR: u64 = 0x0800_0000;
const PROCESSOR: u64 = 0x0801_0000;
/// The interrupt of the virtual timer.
const TIMER: u32 = 27;
const TICKS_PER_SECOND: u64 = 100;

static TICKS: AtomicU64 = AtomicU64::new(0);
static BREAKPOINTS: AtomicU64 = AtomicU64::new(0);

/// What the vectors save of a program that an exception interrupts.
#[repr(C)]
pub struct Frame {
    pub registers: [u64; 31],
    /// The address at which it goes on.
    pub link: u64,
    pub state: u64,
    fault: u64,
    vectors: [u128; 32],
}

global_asm!(
    r#"
    // An entry of the table: 128 bytes that save the first registers and go on.
    .macro entry kind
    .balign 128
    sub sp, sp, #784
    stp x0, x1, [sp]
    mov x0, #\kind
    b save
    .endm

    .section .text.vectors, "ax"
    .balign 2048
    .global exception_vectors
exception_vectors:
    // With this level's stack pointer for user mode, which the kernel does not use.
    .rept 4
    entry 0
    .endr
    // In the kernel: exception, interrupt, two that do not occur here.
    entry 1
    entry 2
    entry 0
    entry 0
    // The same in user mode.
    entry 3
    entry 2
    entry 0
    entry 0
    // User mode of 32 bits.
    .rept 4
    entry 0
    .endr

save:
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    mrs x1, elr_el1
    stp x30, x1, [sp, #240]
    mrs x1, spsr_el1
    mrs x2, esr_el1
    stp x1, x2, [sp, #256]
    // The handler may use vector registers, to copy memory for one.
    stp q0, q1, [sp, #272]
    stp q2, q3, [sp, #304]
    stp q4, q5, [sp, #336]
    stp q6, q7, [sp, #368]
    stp q8, q9, [sp, #400]
    stp q10, q11, [sp, #432]
    stp q12, q13, [sp, #464]
    stp q14, q15, [sp, #496]
    stp q16, q17, [sp, #528]
    stp q18, q19, [sp, #560]
    stp q20, q21, [sp, #592]
    stp q22, q23, [sp, #624]
    stp q24, q25, [sp, #656]
    stp q26, q27, [sp, #688]
    stp q28, q29, [sp, #720]
    stp q30, q31, [sp, #752]
    mov x1, sp
    bl aarch64_exception

    ldp x30, x1, [sp, #240]
    msr elr_el1, x1
    ldr x1, [sp, #256]
    msr spsr_el1, x1
    ldp q0, q1, [sp, #272]
    ldp q2, q3, [sp, #304]
    ldp q4, q5, [sp, #336]
    ldp q6, q7, [sp, #368]
    ldp q8, q9, [sp, #400]
    ldp q10, q11, [sp, #432]
    ldp q12, q13, [sp, #464]
    ldp q14, q15, [sp, #496]
    ldp q16, q17, [sp, #528]
    ldp q18, q19, [sp, #560]
    ldp q20, q21, [sp, #592]
    ldp q22, q23, [sp, #624]
    ldp q24, q25, [sp, #656]
    ldp q26, q27, [sp, #688]
    ldp q28, q29, [sp, #720]
    ldp q30, q31, [sp, #752]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    ldp x0, x1, [sp]
    add sp, sp, #784
    eret
"#
);

extern "C" {
    static exception_vectors: u8;
}

/// Loads the handlers.
pub fn load() {
    // SAFETY: the table stays for ever.
    unsafe { asm!("msr vbar_el1, {}", "isb", in(reg) &raw const exception_vectors) };
}

/// How many exceptions one breakpoint causes.
pub fn breakpoint() -> u64 {
    let before = BREAKPOINTS.load(Ordering::Relaxed);
    // SAFETY: the handler goes on after it.
    unsafe { asm!("brk #1") };
    BREAKPOINTS.load(Ordering::Relaxed) - before
}

/// Ticks of the timer so far.
pub fn ticks() -> u64 {
    TICKS.load(Ordering::Relaxed)
}

fn write(address: u64, value: u32) {
    // SAFETY: the registers of the controller are there on this machine.
    unsafe { ptr::write_volatile(address as *mut u32, value) };
}

/// Lets the timer run until the next tick.
fn set_timer() {
    // SAFETY: the timer's registers are the kernel's.
    unsafe {
        let frequency: u64;
        asm!("mrs {}, cntfrq_el0", out(reg) frequency);
        asm!("msr cntv_tval_el0, {}", in(reg) frequency / TICKS_PER_SECOND);
        asm!("msr cntv_ctl_el0, {}", in(reg) 1_u64);
    }
}

pub fn start_timer() {
    // The distributor is on and lets the timer through; the processor takes interrupts of every priority.
    write(DISTRIBUTOR, 1);
    write(DISTRIBUTOR + 0x100, 1 << TIMER);
    write(PROCESSOR + 4, 0xff);
    write(PROCESSOR, 1);
    set_timer();
    // SAFETY: the handlers are loaded.
    unsafe { asm!("msr daifclr, #2") };
}

/// The handler of every exception.
#[no_mangle]
extern "C" fn aarch64_exception(kind: u64, frame: &mut Frame) {
    let class = frame.fault >> 26;
    match (kind, class) {
        (1, 0x3c) => {
            BREAKPOINTS.fetch_add(1, Ordering::Relaxed);
            frame.link += 4;
        }
        (2, _) => interrupt(),
        (3, 0x15) => task::system_call(frame),
        _ => panic!("exception {class:#x} of kind {kind} at {:#x}", frame.link),
    }
}

fn interrupt() {
    // SAFETY: the register is there on this machine.
    let number = unsafe { ptr::read_volatile((PROCESSOR + 0xc) as *const u32) };
    if number & 0x3ff == TIMER {
        TICKS.fetch_add(1, Ordering::Relaxed);
        set_timer();
    }
    write(PROCESSOR + 0x10, number);
}
