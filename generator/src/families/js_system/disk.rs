//! Disk images of systems, for machines with UEFI.

use super::JsSystem;
use crate::families::bare_metal::{BareTarget, disks, disks_wanted};
use crate::family::{CellOf, Target};
use crate::lock::Wanted;
use crate::plan::{Arg, Cell, Check, Output, Planner, node, text, texts};

/// The folder of the loader's package among the recipes.
const LOADER: &str = "js-system/linux-loader";
/// rustc's flag: the linker would write a digest of debugging data into the program, and that data names temporary files.
const FLAGS: [&str; 2] = ["-C", "link-arg=/DEBUG:NONE"];

/// The machine whose firmware starts an image: as a target of kernels, and rustc's target of programs for its UEFI.
pub struct Machine {
    target: &'static BareTarget,
    rust: &'static str,
}

/// The machine of a cell that is to have an image; none for architectures that rustc makes no programs of UEFI for.
pub fn of(cell: &CellOf<JsSystem>) -> Option<Machine> {
    let (name, rust) = match cell.target.name() {
        "arm64" => ("aarch64-unknown-none", "aarch64-unknown-uefi"),
        "x86_64" => ("x86_64-unknown-none", "x86_64-unknown-uefi"),
        _ => return None,
    };
    let target = BareTarget::parse(name).filter(|_| cell.spec.wants_disk)?;
    Some(Machine { target, rust })
}

/// The sources of the image of a cell and of its check.
pub fn wanted(cell: &CellOf<JsSystem>) -> Vec<Wanted> {
    of(cell).map(|machine| disks_wanted(machine.target, LOADER)).unwrap_or_default()
}

/// The image of a system, as a package beside it, and the check that starts it. `boot` are the arguments of the check that
/// starts the system itself.
pub fn plan(
    planner: &mut Planner<'_>,
    cell: &CellOf<JsSystem>,
    (package, system): (&Cell, &str),
    boot: &[(&'static str, Arg)],
) {
    let Some(machine) = of(cell).filter(|_| planner.system.is_linux()) else { return };
    let tools = disks(planner, machine.target, LOADER);
    let args = [
        ("rust", node(&tools.rust)),
        ("crates", node(&tools.crates)),
        ("target", text(machine.rust)),
        ("rustflags", texts(&FLAGS)),
    ];
    let loader = planner.add(format!("linux-loader-{}-{}", machine.rust, tools.rust), "js-system/linux-loader", args);
    let args = [
        ("package", node(system)),
        ("diskImage", node(&tools.writer)),
        ("loader", node(&loader)),
        ("loaderPlace", text(machine.target.efi().loader)),
    ];
    let disk = planner.add(format!("disk-{system}"), "js-system/disk", args);
    let image = Cell { output: Output::Node(disk.clone()), built: false, ..package.clone() };
    let image = image.renamed(|name| format!("{name}-disk"));
    let mut args: Vec<_> = boot.iter().filter(|(name, _)| *name != "machine").cloned().collect();
    let flags = [cell.target.emulator().flags, tools.machine].concat();
    args.extend([("machine", texts(&flags)), ("disk", node(&disk))]);
    args.extend(tools.firmware);
    planner.check(Check::new(format!("boot-{}", image.name), "js-system/boot", args));
    planner.cell(image);
}
