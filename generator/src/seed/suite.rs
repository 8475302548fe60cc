//! The Debian releases and build machines that a seed can be made for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::SeedError;

/// A Debian release that a seed can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suite {
    /// Debian 12: frozen, so its files stay where they are.
    Bookworm,
    /// Debian 13: files change at point releases.
    Trixie,
}

/// A build machine that a seed can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum System {
    /// Debian's amd64.
    #[serde(rename = "x86_64-linux")]
    X86_64Linux,
    /// Debian's arm64.
    #[serde(rename = "aarch64-linux")]
    Aarch64Linux,
}

impl Suite {
    /// All suites, the default first.
    pub const ALL: [Suite; 2] = [Suite::Bookworm, Suite::Trixie];

    /// The codename.
    pub fn as_str(self) -> &'static str {
        match self {
            Suite::Bookworm => "bookworm",
            Suite::Trixie => "trixie",
        }
    }
}

impl System {
    /// All systems.
    pub const ALL: [System; 2] = [System::X86_64Linux, System::Aarch64Linux];

    /// Nix's name.
    pub fn as_str(self) -> &'static str {
        match self {
            System::X86_64Linux => "x86_64-linux",
            System::Aarch64Linux => "aarch64-linux",
        }
    }

    /// Debian's name of the architecture.
    pub fn architecture(self) -> &'static str {
        match self {
            System::X86_64Linux => "amd64",
            System::Aarch64Linux => "arm64",
        }
    }
}

impl FromStr for Suite {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        Suite::ALL.into_iter().find(|suite| suite.as_str() == text).ok_or_else(|| SeedError::Unknown {
            what: "Debian suite",
            text: text.to_owned(),
            known: Suite::ALL.map(Suite::as_str).to_vec(),
        })
    }
}

impl FromStr for System {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        System::ALL.into_iter().find(|system| system.as_str() == text).ok_or_else(|| SeedError::Unknown {
            what: "build system",
            text: text.to_owned(),
            known: System::ALL.map(System::as_str).to_vec(),
        })
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
