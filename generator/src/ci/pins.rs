//! The actions and the image that rendered files name by digest: `generator/data/pins.toml`. A tag moves, and whoever moves
//! it runs commands in the user's jobs.

use std::sync::OnceLock;

use serde::Deserialize;

/// One thing that somebody else publishes.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Pin {
    name: String,
    /// The tag that had the digest, for people and for programs that propose updates.
    version: String,
    digest: String,
}

impl Pin {
    /// As `uses` of a step takes it.
    pub fn action(&self) -> String {
        format!("{}@{}", self.name, self.digest)
    }

    /// As a job takes an image: the tag is for people, the digest decides.
    pub fn image(&self) -> String {
        format!("{}:{}@{}", self.name, self.version, self.digest)
    }
}

/// All of them.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pins {
    pub checkout: Pin,
    pub upload: Pin,
    pub download: Pin,
    pub cache: Pin,
    pub install_nix: Pin,
    pub image: Pin,
}

impl Pins {
    /// The actions.
    fn actions(&self) -> [&Pin; 5] {
        [&self.checkout, &self.upload, &self.download, &self.cache, &self.install_nix]
    }

    /// `text` with the version of every action after it, as a comment.
    pub fn with_versions(&self, text: &str) -> String {
        self.actions().iter().fold(text.to_owned(), |text, pin| {
            let line = format!("\"{}\"\n", pin.action());
            text.replace(&line, &format!("\"{}\" # {}\n", pin.action(), pin.version))
        })
    }
}

/// Those of the data file.
pub fn pins() -> &'static Pins {
    static PINS: OnceLock<Pins> = OnceLock::new();
    PINS.get_or_init(|| {
        // The text is part of this program and a test reads it: a failure here is a build that was never tested.
        read(include_str!("../../data/pins.toml")).expect("data/pins.toml is tested to be well formed")
    })
}

fn read(text: &str) -> Result<Pins, toml::de::Error> {
    toml::from_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pin_is_a_whole_digest_with_a_version() {
        let pins = read(include_str!("../../data/pins.toml")).unwrap();
        let hex = |text: &str, len: usize| {
            text.len() == len && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        for pin in pins.actions() {
            assert!(hex(&pin.digest, 40), "{pin:?}");
            assert!(pin.version.starts_with('v') && pin.version.split('.').count() == 3, "{pin:?}");
        }
        assert!(hex(pins.image.digest.strip_prefix("sha256:").unwrap(), 64), "{:?}", pins.image);
        for missing in ["checkout", "image"] {
            let text = include_str!("../../data/pins.toml").replace(&format!("[{missing}]"), "[another]");
            assert!(read(&text).is_err(), "{missing}");
        }
        let text = format!("      - uses: \"{}\"\n", pins.cache.action());
        assert!(pins.with_versions(&text).ends_with(&format!("\" # {}\n", pins.cache.version)));
    }
}
