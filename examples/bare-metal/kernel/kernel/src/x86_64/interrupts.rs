//! Exceptions, the timer, and the interrupt by which user mode calls the kernel.

use core::sync::atomic::{AtomicU64, Ordering};

use x86_64::instructions::port::Port;
use x86_64::registers::control::Cr2;
use x86_64::structures::idt::{InterruptDescriptorTable, InterruptStackFrame, PageFaultErrorCode};
use x86_64::{PrivilegeLevel, VirtAddr};

use super::{segments, task};
use crate::own::Own;

/// The first interrupt of the two controllers; those below are the processor's exceptions.
const FIRST: u8 = 32;
const TIMER: u8 = FIRST;
const CALL: u8 = 0x80;
/// The controllers' ports for commands; those for data come next.
const CONTROLLERS: [u16; 2] = [0x20, 0xa0];
const END_OF_INTERRUPT: u8 = 0x20;
/// The timer counts so often in a second.
const CLOCK: u32 = 1_193_182;
const TICKS_PER_SECOND: u32 = 100;

static TABLE: Own<InterruptDescriptorTable> = Own::new(InterruptDescriptorTable::new());
static TICKS: AtomicU64 = AtomicU64::new(0);
static BREAKPOINTS: AtomicU64 = AtomicU64::new(0);

/// Loads the handlers.
pub fn load() {
    // SAFETY: called once, before interrupts; the table stays for ever, and the handlers fit their entries.
    unsafe {
        let table = &mut *TABLE.get();
        table.breakpoint.set_handler_fn(on_breakpoint);
        table.general_protection_fault.set_handler_fn(on_protection_fault);
        table.page_fault.set_handler_fn(on_page_fault);
        table.double_fault.set_handler_fn(on_double_fault).set_stack_index(segments::DOUBLE_FAULT);
        table[TIMER].set_handler_fn(on_timer);
        let call = VirtAddr::from_ptr(task::system_call_entry as *const ());
        table[CALL].set_handler_addr(call).set_privilege_level(PrivilegeLevel::Ring3);
        table.load();
    }
}

/// How many exceptions one breakpoint causes.
pub fn breakpoint() -> u64 {
    let before = BREAKPOINTS.load(Ordering::Relaxed);
    x86_64::instructions::interrupts::int3();
    BREAKPOINTS.load(Ordering::Relaxed) - before
}

/// Ticks of the timer so far.
pub fn ticks() -> u64 {
    TICKS.load(Ordering::Relaxed)
}

pub fn start_timer() {
    let write = |port: u16, value: u8| {
        // SAFETY: these ports are the interrupt controllers' and the timer's on every PC.
        unsafe { Port::new(port).write(value) }
    };
    // Both controllers are started anew: their interrupts, how they are connected, and that the processor is an x86.
    for (port, first, connection) in [(CONTROLLERS[0], FIRST, 4), (CONTROLLERS[1], FIRST + 8, 2)] {
        write(port, 0x11);
        write(port + 1, first);
        write(port + 1, connection);
        write(port + 1, 1);
    }
    // Only the timer may interrupt.
    write(CONTROLLERS[0] + 1, !1);
    write(CONTROLLERS[1] + 1, !0);
    let [low, high, ..] = (CLOCK / TICKS_PER_SECOND).to_le_bytes();
    write(0x43, 0x36);
    write(0x40, low);
    write(0x40, high);
    x86_64::instructions::interrupts::enable();
}

extern "x86-interrupt" fn on_breakpoint(_: InterruptStackFrame) {
    BREAKPOINTS.fetch_add(1, Ordering::Relaxed);
}

extern "x86-interrupt" fn on_timer(_: InterruptStackFrame) {
    TICKS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the controller waits for it.
    unsafe { Port::new(CONTROLLERS[0]).write(END_OF_INTERRUPT) };
}

extern "x86-interrupt" fn on_protection_fault(frame: InterruptStackFrame, code: u64) {
    panic!("general protection fault, code {code}: {frame:?}");
}

extern "x86-interrupt" fn on_page_fault(frame: InterruptStackFrame, code: PageFaultErrorCode) {
    panic!("page fault at {:?}, {code:?}: {frame:?}", Cr2::read());
}

extern "x86-interrupt" fn on_double_fault(frame: InterruptStackFrame, _: u64) -> ! {
    panic!("double fault: {frame:?}");
}
