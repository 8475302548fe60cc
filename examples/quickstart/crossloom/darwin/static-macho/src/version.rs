//! Versions of macOS.

use std::fmt;

/// Major, minor and patch number in 16, 8 and 8 bits, as load commands have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

impl Version {
    /// Reads `13`, `13.0` or `10.15.4`.
    pub fn parse(text: &str) -> Option<Version> {
        let mut parts = text.split('.');
        let mut part = |most: u32| match parts.next() {
            None => Some(0),
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().ok().filter(|number| *number <= most)
            }
            Some(_) => None,
        };
        let packed = part(0xffff)? << 16 | part(0xff)? << 8 | part(0xff)?;
        parts.next().is_none().then_some(Version(packed))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Version(packed) = self;
        write!(f, "{}.{}", packed >> 16, packed >> 8 & 0xff)?;
        match packed & 0xff {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn read_and_printed() {
        for (text, packed, printed) in
            [("13", 0xd_0000, "13.0"), ("13.0", 0xd_0000, "13.0"), ("10.15.4", 0xa_0f04, "10.15.4")]
        {
            assert_eq!(Version::parse(text), Some(Version(packed)));
            assert_eq!(Version(packed).to_string(), printed);
        }
        for text in ["", "x", "13.", "13.256", "13.0.0.0", "+13", "70000"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
