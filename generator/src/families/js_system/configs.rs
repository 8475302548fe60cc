//! The configurations of kernels that can carry a system: those of `[kernel-config.NAME]`, with other defaults.

use crate::families::linux::{KernelConfigs, SYSTEM};
use crate::family::table::Meaning;
use crate::family::{Key, Table};
use crate::reader::{Reader, UserFiles, Value};

/// The table of kernels' configurations, as systems use it.
pub struct SystemConfigs;

impl Table for SystemConfigs {
    fn key(&self) -> &'static str {
        KernelConfigs.key()
    }

    fn summary(&self) -> &'static str {
        KernelConfigs.summary()
    }

    fn what(&self) -> &'static str {
        KernelConfigs.what()
    }

    fn used_in(&self) -> &'static str {
        KernelConfigs.used_in()
    }

    fn keys(&self) -> &'static [Key] {
        KernelConfigs.keys()
    }

    fn reserved(&self) -> &'static [&'static str] {
        KernelConfigs.reserved()
    }

    /// The others have no network, or do not boot.
    fn built_in(&self) -> &'static [&'static str] {
        &[SYSTEM, "defconfig"]
    }

    fn built_in_value(&self, name: &str) -> Option<Meaning> {
        KernelConfigs.built_in_value(name)
    }

    fn read(&self, reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Meaning> {
        KernelConfigs.read(reader, name, value, files)
    }

    fn missing_hint(&self) -> &'static str {
        "known: system, defconfig; others are tables of the file with the fragments that a system needs: \
         [kernel-config.mine] with fragments = [\"boot\", \"system\", \"mine.config\"]"
    }
}
