//! Boot loaders: the one of the crate `bootloader`, whose programs are packages of their own, and crossloom's own for UEFI
//! on other machines than PCs; and the writer of disk images.

use std::collections::{BTreeMap, BTreeSet};

use super::cargo;
use super::rust::{Crate, crate_of};
use crate::catalogue::Package;
use crate::verbatim::Verbatim;

/// The version of the crate. A kernel has to be compiled with `bootloader_api` of the same one.
pub const VERSION: &str = "0.11.10";
/// The crate by which a kernel talks to its loader.
pub const API: &str = "bootloader_api";

/// What starts kernels from disk images.
#[derive(Debug, PartialEq, Eq)]
pub enum Loader {
    /// The loader of the crate `bootloader`, from UEFI and from a BIOS.
    Crate,
    /// crossloom's own, from UEFI: rustc's target, flags for everything in it, and the linker script in its folder.
    Own { target: &'static str, flags: &'static [&'static str], script: &'static str },
}

impl Loader {
    /// Whether firmware of this kind can start it.
    pub fn is_for(&self, firmware: Firmware) -> bool {
        matches!((self, firmware), (Loader::Crate, _) | (Loader::Own { .. }, Firmware::Uefi))
    }
}

/// UEFI on one architecture.
#[derive(Debug, PartialEq, Eq)]
pub struct Efi {
    /// The places of the loader and of the kernel in the EFI system partition.
    pub loader: &'static str,
    pub kernel: &'static str,
    /// The firmware for QEMU: Debian's package, the file in it, and QEMU's flag that takes the file.
    pub firmware: Package,
    pub file: &'static str,
    pub flag: &'static str,
}

/// What starts the loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Firmware {
    Bios,
    Uefi,
}

/// A program of the loader.
pub struct Program {
    pub package: &'static str,
    /// rustc's target, or a file of the crate `bootloader` that describes one.
    pub target: &'static str,
    pub profile: &'static str,
}

impl Firmware {
    pub fn as_str(self) -> &'static str {
        match self {
            Firmware::Bios => "bios",
            Firmware::Uefi => "uefi",
        }
    }

    /// The programs, in the order in which they run.
    pub fn programs(self) -> &'static [Program] {
        match self {
            Firmware::Bios => &[
                Program {
                    package: "bootloader-x86_64-bios-boot-sector",
                    target: "i386-code16-boot-sector.json",
                    profile: "stage-1",
                },
                Program {
                    package: "bootloader-x86_64-bios-stage-2",
                    target: "i386-code16-stage-2.json",
                    profile: "stage-2",
                },
                Program { package: "bootloader-x86_64-bios-stage-3", target: "i686-stage-3.json", profile: "stage-3" },
                Program {
                    package: "bootloader-x86_64-bios-stage-4",
                    target: "x86_64-stage-4.json",
                    profile: "stage-4",
                },
            ],
            Firmware::Uefi => {
                &[Program { package: "bootloader-x86_64-uefi", target: "x86_64-unknown-uefi", profile: "release" }]
            }
        }
    }
}

/// The crates of the loader's own locks, the programs themselves, and `bootloader`, which describes their targets.
pub fn crates() -> BTreeSet<Crate> {
    include_str!("rust/bootloader-0.11.10.txt").lines().filter_map(crate_of).collect()
}

/// The crates of crossloom's own loader.
pub fn own_crates() -> BTreeSet<Crate> {
    embedded_crates("bare-metal/efi-loader")
}

/// The crates of the writer of disk images.
pub fn image_crates() -> BTreeSet<Crate> {
    embedded_crates("bare-metal/disk-image")
}

/// The crates that the lock of a package names, which is part of crossloom.
pub fn embedded_crates(folder: &str) -> BTreeSet<Crate> {
    let file = |path: &str| Verbatim::embedded().text(&format!("{folder}/{path}")).map(str::to_owned);
    let manifest = file("Cargo.toml").map(|text| ("Cargo.toml".to_owned(), text));
    let packages = cargo::packages(&manifest.into_iter().collect()).unwrap_or_else(|_| BTreeMap::new());
    cargo::locked(file("Cargo.lock").as_ref(), &packages, folder).unwrap_or_default().crates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_is_among_the_crates() {
        let crates = crates();
        assert_eq!(crates.len(), include_str!("rust/bootloader-0.11.10.txt").lines().count());
        let has = |name: &str| crates.iter().any(|it| (it.name.as_str(), it.version.as_str()) == (name, VERSION));
        for program in [Firmware::Bios, Firmware::Uefi].into_iter().flat_map(Firmware::programs) {
            assert!(has(program.package), "{}", program.package);
        }
        assert!(has("bootloader") && has(API));
        assert!(image_crates().iter().any(|it| it.name == "gpt"));
        assert!(own_crates().iter().any(|it| it.name == "uefi"));
    }
}
