//! Exceptions, the timer, and the instruction by which user mode calls the kernel.

use core::arch::{asm, global_asm};
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::task;

/// The timer's registers: when it interrupts, and the time.
const COMPARE: *mut u64 = 0x0200_4000 as *mut u64;
const TIME: *const u64 = 0x0200_bff8 as *const u64;
/// The machine's clock counts ten million in a second.
const TICK: u64 = 10_000_000 / 100;

const INTERRUPT: u64 = 1 << 63;
const TIMER: u64 = INTERRUPT | 7;
const BREAKPOINT: u64 = 3;
const CALL: u64 = 8;

static TICKS: AtomicU64 = AtomicU64::new(0);
static BREAKPOINTS: AtomicU64 = AtomicU64::new(0);

/// What is saved of a program that a trap interrupts: x1 to x31, and where it goes on.
#[repr(C)]
pub struct Frame {
    registers: [u64; 31],
    pub link: u64,
}

impl Frame {
    /// The argument registers, a0 to a7.
    pub fn arguments(&self) -> [u64; 8] {
        core::array::from_fn(|number| self.registers[9 + number])
    }
}

global_asm!(
    r#"
    .option push
    .option norvc
    .section .text.traps, "ax"
    .balign 4
    .global trap_entry
trap_entry:
    # In user mode mscratch holds the end of the kernel's stack, in the kernel 0.
    csrrw sp, mscratch, sp
    bnez sp, 1f
    csrrw sp, mscratch, sp
1:
    addi sp, sp, -256
    sd x1, 0(sp)
    sd x3, 16(sp)
    sd x4, 24(sp)
    sd x5, 32(sp)
    sd x6, 40(sp)
    sd x7, 48(sp)
    sd x8, 56(sp)
    sd x9, 64(sp)
    sd x10, 72(sp)
    sd x11, 80(sp)
    sd x12, 88(sp)
    sd x13, 96(sp)
    sd x14, 104(sp)
    sd x15, 112(sp)
    sd x16, 120(sp)
    sd x17, 128(sp)
    sd x18, 136(sp)
    sd x19, 144(sp)
    sd x20, 152(sp)
    sd x21, 160(sp)
    sd x22, 168(sp)
    sd x23, 176(sp)
    sd x24, 184(sp)
    sd x25, 192(sp)
    sd x26, 200(sp)
    sd x27, 208(sp)
    sd x28, 216(sp)
    sd x29, 224(sp)
    sd x30, 232(sp)
    sd x31, 240(sp)
    # The stack pointer of user mode, or 0.
    csrrw t0, mscratch, zero
    sd t0, 8(sp)
    csrr t0, mepc
    sd t0, 248(sp)
    csrr a0, mcause
    mv a1, sp
    call riscv64_trap
    ld t0, 248(sp)
    csrw mepc, t0
    ld t0, 8(sp)
    beqz t0, 2f
    addi t1, sp, 256
    csrw mscratch, t1
2:
    ld x1, 0(sp)
    ld x3, 16(sp)
    ld x4, 24(sp)
    ld x6, 40(sp)
    ld x7, 48(sp)
    ld x8, 56(sp)
    ld x9, 64(sp)
    ld x10, 72(sp)
    ld x11, 80(sp)
    ld x12, 88(sp)
    ld x13, 96(sp)
    ld x14, 104(sp)
    ld x15, 112(sp)
    ld x16, 120(sp)
    ld x17, 128(sp)
    ld x18, 136(sp)
    ld x19, 144(sp)
    ld x20, 152(sp)
    ld x21, 160(sp)
    ld x22, 168(sp)
    ld x23, 176(sp)
    ld x24, 184(sp)
    ld x25, 192(sp)
    ld x26, 200(sp)
    ld x27, 208(sp)
    ld x28, 216(sp)
    ld x29, 224(sp)
    ld x30, 232(sp)
    ld x31, 240(sp)
    beqz t0, 3f
    ld x5, 32(sp)
    ld sp, 8(sp)
    mret
3:
    ld x5, 32(sp)
    addi sp, sp, 256
    mret
    .option pop
"#
);

extern "C" {
    fn trap_entry();
}

/// Loads the handler.
pub fn load() {
    // SAFETY: the handler stays for ever.
    unsafe {
        asm!("csrw mscratch, zero");
        asm!("csrw mtvec, {}", in(reg) trap_entry as usize);
    }
}

/// How many exceptions one breakpoint causes.
pub fn breakpoint() -> u64 {
    let before = BREAKPOINTS.load(Ordering::Relaxed);
    // SAFETY: the handler goes on after it, four bytes further.
    unsafe { asm!(".option push", ".option norvc", "ebreak", ".option pop") };
    BREAKPOINTS.load(Ordering::Relaxed) - before
}

/// Ticks of the timer so far.
pub fn ticks() -> u64 {
    TICKS.load(Ordering::Relaxed)
}

/// Lets the timer run until the next tick.
fn set_timer() {
    // SAFETY: the registers are there on this machine.
    unsafe { ptr::write_volatile(COMPARE, ptr::read_volatile(TIME) + TICK) };
}

pub fn start_timer() {
    set_timer();
    // SAFETY: the handler is loaded. The bits are the timer's, and that of all interrupts.
    unsafe {
        asm!("csrs mie, {}", in(reg) 1 << 7);
        asm!("csrs mstatus, {}", in(reg) 1 << 3);
    }
}

/// The handler of every exception and interrupt.
#[no_mangle]
extern "C" fn riscv64_trap(cause: u64, frame: &mut Frame) {
    match cause {
        TIMER => {
            TICKS.fetch_add(1, Ordering::Relaxed);
            set_timer();
        }
        BREAKPOINT => {
            BREAKPOINTS.fetch_add(1, Ordering::Relaxed);
            frame.link += 4;
        }
        CALL => {
            task::system_call(frame);
            frame.link += 4;
        }
        _ => panic!("trap {cause:#x} at {:#x}", frame.link),
    }
}
