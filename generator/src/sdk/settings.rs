//! `SDKSettings.json`, and `SDKSettings.plist` of the SDKs before it: what an SDK says of itself.

use super::error::{PACK_AGAIN, SdkError, shown};
use super::xml;

use crate::diag::clip;

/// The files' names, in order of preference.
pub(super) const FILES: [&str; 2] = ["SDKSettings.json", "SDKSettings.plist"];

/// Bytes of such a file. Apple's have some ten kilobytes.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// The systems of SDKs, by the beginning of their canonical names. The longer of two like names stands first.
const OTHERS: [(&str, &str); 9] = [
    ("iphoneos", "an iOS SDK"),
    ("iphonesimulator", "an SDK of the iOS simulator"),
    ("appletvos", "a tvOS SDK"),
    ("appletvsimulator", "an SDK of the tvOS simulator"),
    ("watchos", "a watchOS SDK"),
    ("watchsimulator", "an SDK of the watchOS simulator"),
    ("xros", "a visionOS SDK"),
    ("xrsimulator", "an SDK of the visionOS simulator"),
    ("driverkit", "a DriverKit SDK"),
];

/// The name of an SDK, and its system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// `15.5`: numbers and dots.
    pub(super) version: String,
    /// `macosx15.5`.
    pub(super) canonical: String,
}

impl Settings {
    /// Reads the contents of `SDKSettings.json` or `SDKSettings.plist`.
    pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Settings, SdkError> {
        let problem = |problem: String, hint| SdkError::Settings { file: file.to_owned(), problem, hint };
        if bytes.starts_with(b"bplist") {
            let hint = "on a Mac, `plutil -convert xml1 SDKSettings.plist`";
            return Err(problem("is a binary property list, which crossloom does not read".to_owned(), hint));
        }
        let pairs = if file.ends_with(".json") { read_json(bytes) } else { read_plist(bytes) };
        let (version, canonical) = pairs.map_err(|error| problem(format!("does not parse: {error}"), PACK_AGAIN))?;
        let (Some(version), Some(canonical)) = (version, canonical) else {
            return Err(problem("lacks Version or CanonicalName".to_owned(), PACK_AGAIN));
        };
        if !is_version(&version) {
            return Err(problem(format!("has the version {:?}", shown(version.as_bytes())), PACK_AGAIN));
        }
        Ok(Settings { version, canonical })
    }

    /// Whether it is an SDK of macOS.
    pub(super) fn is_macos(&self) -> bool {
        self.canonical.starts_with("macosx")
    }

    /// The system of an SDK that is not for macOS.
    pub(super) fn what(&self) -> String {
        let known = OTHERS.iter().find(|(start, _)| self.canonical.starts_with(start));
        let canonical = shown(self.canonical.as_bytes());
        format!("{} ({canonical})", known.map_or("an SDK of another system", |(_, what)| what))
    }
}

/// Two or three numbers with dots between them. It becomes part of a store path's name.
fn is_version(text: &str) -> bool {
    let number = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (2..=3).contains(&text.split('.').count()) && text.split('.').all(number)
}

type Pair = (Option<String>, Option<String>);

fn read_json(bytes: &[u8]) -> Result<Pair, String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| clip(&error))?;
    let field = |name| value.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    Ok((field("Version"), field("CanonicalName")))
}

fn read_plist(bytes: &[u8]) -> Result<Pair, String> {
    let text = str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let document = xml::parse(text).map_err(|error| error.to_string())?;
    let pairs = &document.child("dict").ok_or("it holds no dictionary")?.children;
    let field = |name| {
        let key = pairs.iter().position(|element| element.name == "key" && element.text() == name)?;
        let value = pairs.get(key + 1).filter(|element| element.name == "string")?;
        Some(value.text().to_owned())
    };
    Ok((field("Version"), field("CanonicalName")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_become_parts_of_names() {
        for good in ["15.5", "10.6", "10.15.4", "26.0"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "15", "15.", ".5", "1.2.3.4", "15.5-beta", "15.5/..", "1.23456", "15.x", " 15.5"] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    #[test]
    fn both_forms_say_the_same() {
        let json = br#"{"CanonicalName": "macosx10.9", "Version": "10.9", "isBaseSDK": "YES"}"#;
        let plist = br#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
  <key>CanonicalName</key> <string>macosx10.9</string>
  <key>DefaultProperties</key> <dict> <key>Version</key> <string>7.7</string> </dict>
  <key>Version</key> <string>10.9</string>
</dict></plist>"#;
        let read = Settings::read("SDKSettings.json", json).unwrap();
        assert_eq!(Settings::read("SDKSettings.plist", plist).unwrap(), read);
        assert!(read.is_macos());
        let other = Settings { version: "17.0".into(), canonical: "iphonesimulator17.0".into() };
        assert_eq!(
            (other.is_macos(), other.what().as_str()),
            (false, "an SDK of the iOS simulator (iphonesimulator17.0)")
        );
    }

    #[test]
    fn what_is_no_settings_file_is_refused() {
        for (file, bytes) in [
            ("SDKSettings.json", &b""[..]),
            ("SDKSettings.json", b"[]"),
            ("SDKSettings.json", b"{\"Version\": \"15.5\"}"),
            ("SDKSettings.json", b"{\"Version\": 15.5, \"CanonicalName\": \"macosx15.5\"}"),
            ("SDKSettings.json", b"{\"Version\": \"15.5/x\", \"CanonicalName\": \"macosx15.5\"}"),
            ("SDKSettings.plist", b"bplist00\xd1"),
            ("SDKSettings.plist", b"\xff"),
            ("SDKSettings.plist", b"<plist><array/></plist>"),
            ("SDKSettings.plist", b"<!DOCTYPE a [<!ENTITY x '&x;'>]><a>&x;</a>"),
        ] {
            assert!(matches!(Settings::read(file, bytes), Err(SdkError::Settings { .. })), "{bytes:?}");
        }
        let deep = format!("{}{}", "<dict>".repeat(90_000), "</dict>".repeat(90_000));
        assert!(Settings::read("SDKSettings.plist", deep.as_bytes()).is_err());
        assert!(Settings::read("SDKSettings.json", "[".repeat(100_000).as_bytes()).is_err());
    }
}
