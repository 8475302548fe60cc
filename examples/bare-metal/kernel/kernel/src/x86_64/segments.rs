//! Segments of the kernel and of user mode, and the stacks that the processor switches to.

use x86_64::instructions::segmentation::{Segment, CS, DS, ES, SS};
use x86_64::instructions::tables::load_tss;
use x86_64::structures::gdt::{Descriptor, GlobalDescriptorTable, SegmentSelector};
use x86_64::structures::tss::TaskStateSegment;
use x86_64::{PrivilegeLevel, VirtAddr};

use crate::own::Own;

const STACK: usize = 32 << 10;

/// A double fault can mean that the stack is used up, so it has one of its own.
pub const DOUBLE_FAULT: u16 = 0;

/// The places of segments in the table that [`load`] makes.
const KERNEL_CODE: SegmentSelector = SegmentSelector::new(1, PrivilegeLevel::Ring0);
const KERNEL_DATA: SegmentSelector = SegmentSelector::new(2, PrivilegeLevel::Ring0);
pub const USER_DATA: SegmentSelector = SegmentSelector::new(3, PrivilegeLevel::Ring3);
pub const USER_CODE: SegmentSelector = SegmentSelector::new(4, PrivilegeLevel::Ring3);

#[repr(align(16))]
struct Stack(#[allow(dead_code)] [u8; STACK]);

static INTERRUPT_STACK: Own<Stack> = Own::new(Stack([0; STACK]));
static FAULT_STACK: Own<Stack> = Own::new(Stack([0; STACK]));
static TASK_STATE: Own<TaskStateSegment> = Own::new(TaskStateSegment::new());
static TABLE: Own<GlobalDescriptorTable> = Own::new(GlobalDescriptorTable::new());

fn end(stack: &Own<Stack>) -> VirtAddr {
    VirtAddr::from_ptr(stack.get()) + STACK as u64
}

/// Loads the segments.
pub fn load() {
    // SAFETY: called once, before interrupts; all of it stays for ever.
    unsafe {
        let state = &mut *TASK_STATE.get();
        state.privilege_stack_table[0] = end(&INTERRUPT_STACK);
        state.interrupt_stack_table[usize::from(DOUBLE_FAULT)] = end(&FAULT_STACK);
        let table = &mut *TABLE.get();
        let places = [
            table.append(Descriptor::kernel_code_segment()),
            table.append(Descriptor::kernel_data_segment()),
            table.append(Descriptor::user_data_segment()),
            table.append(Descriptor::user_code_segment()),
        ];
        assert_eq!(places, [KERNEL_CODE, KERNEL_DATA, USER_DATA, USER_CODE]);
        let state = table.append(Descriptor::tss_segment(state));
        table.load();
        CS::set_reg(KERNEL_CODE);
        DS::set_reg(KERNEL_DATA);
        ES::set_reg(KERNEL_DATA);
        SS::set_reg(KERNEL_DATA);
        load_tss(state);
    }
}
