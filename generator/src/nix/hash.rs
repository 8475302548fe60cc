//! SHA-256 in every spelling that Nix and upstreams use.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::diag::start;

/// A SHA-256 digest. Printed and serialised as SRI (`sha256-<base64>`), as Nix's `hash` attributes are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

/// A text is not a SHA-256 in hexadecimal, Nix's base 32, base 64 or SRI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("{:?} is not a SHA-256: expected 64 hexadecimal digits, 52 of Nix's base 32, or sha256-<base64>", start(text))]
pub struct HashError {
    /// The text that was read.
    pub text: String,
}

/// Nix's base 32 alphabet: no `e`, `o`, `t`, `u` (`libutil/hash.cc`).
const NIX32: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Sha256 {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Sha256(sha2::Sha256::digest(bytes).into())
    }

    /// 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        use std::fmt::Write;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
    }

    /// `sha256-<base64>`.
    pub fn to_sri(&self) -> String {
        let mut text = String::from("sha256-");
        for chunk in self.0.chunks(3) {
            let word = chunk.iter().enumerate().fold(0u32, |word, (i, byte)| word | u32::from(*byte) << (16 - 8 * i));
            for digit in 0..4 {
                if digit <= chunk.len() {
                    text.push(char::from(BASE64[(word >> (18 - 6 * digit)) as usize & 63]));
                } else {
                    text.push('=');
                }
            }
        }
        text
    }
}

/// The digest and the size of what is left to read.
pub fn hash_all(mut reader: impl Read) -> io::Result<(Sha256, u64)> {
    use sha2::Digest;
    let mut hasher = sha2::Sha256::new();
    let length = io::copy(&mut reader, &mut hasher)?;
    Ok((Sha256(hasher.finalize().into()), length))
}

/// Nix's base 32 of `bytes`, most significant digit first: the digits number the bits from the *end*.
pub fn to_nix32(bytes: &[u8]) -> String {
    let length = (bytes.len() * 8).div_ceil(5);
    (0..length)
        .rev()
        .map(|n| {
            let (byte, bit) = (n * 5 / 8, n * 5 % 8);
            let low = u16::from(bytes[byte]) >> bit;
            let high = bytes.get(byte + 1).map_or(0, |next| u16::from(*next) << (8 - bit));
            char::from(NIX32[usize::from((low | high) & 31)])
        })
        .collect()
}

fn from_nix32(text: &[u8]) -> Option<[u8; 32]> {
    let mut out = [0u8; 32];
    for (n, digit) in text.iter().rev().enumerate() {
        let value = NIX32.iter().position(|c| c == digit)? as u16;
        let (byte, bit) = (n * 5 / 8, n * 5 % 8);
        out[byte] |= (value << bit) as u8;
        let carry = (value << bit >> 8) as u8;
        match out.get_mut(byte + 1) {
            Some(next) => *next |= carry,
            None if carry != 0 => return None,
            None => {}
        }
    }
    Some(out)
}

fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let mut out = [0u8; 32];
    for (byte, pair) in out.iter_mut().zip(text.chunks(2)) {
        let digit = |c: u8| char::from(c).to_digit(16);
        *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
    }
    Some(out)
}

fn from_base64(text: &[u8]) -> Option<[u8; 32]> {
    let (digits, padding) = text.split_at(43);
    if padding != b"=" {
        return None;
    }
    let mut out = [0u8; 32];
    for (chunk, digits) in out.chunks_mut(3).zip(digits.chunks(4)) {
        let mut word = 0u32;
        for (i, digit) in digits.iter().enumerate() {
            word |= (BASE64.iter().position(|c| c == digit)? as u32) << (18 - 6 * i);
        }
        let bytes = word.to_be_bytes();
        chunk.copy_from_slice(&bytes[1..=chunk.len()]);
        // Bits past the digest's end must be zero, or two texts would name one digest.
        if chunk.len() == 2 && bytes[3] != 0 {
            return None;
        }
    }
    Some(out)
}

impl FromStr for Sha256 {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let error = || HashError { text: text.to_owned() };
        let bytes = match text.strip_prefix("sha256-") {
            Some(base64) if base64.len() == 44 => from_base64(base64.as_bytes()),
            Some(_) => None,
            None => {
                let digits = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
                match digits.len() {
                    64 => from_hex(digits),
                    52 => from_nix32(digits),
                    44 => from_base64(digits),
                    _ => None,
                }
            }
        };
        bytes.map(Sha256).ok_or_else(error)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_sri())
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_sri())
    }
}

impl Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf "" | sha256sum`, and the same through `nix-hash --to-base32` and `nix hash to-sri`.
    const EMPTY: [&str; 3] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    ];

    #[test]
    fn every_spelling_of_the_empty_digest_agrees_with_nix() {
        let digest = Sha256::of(b"");
        assert_eq!([digest.to_hex(), to_nix32(&digest.0), digest.to_sri()], EMPTY);
        for text in EMPTY {
            assert_eq!(text.parse(), Ok(digest), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_digest_is_refused() {
        let nix32_overflow = format!("z{}", &EMPTY[1][1..]);
        let base64_overflow = EMPTY[2].replace("FU=", "FV=");
        for text in
            ["", "é", "sha256-", "sha512-xx", &EMPTY[0][1..], &nix32_overflow, &base64_overflow, &"€".repeat(22)]
        {
            assert!(text.parse::<Sha256>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn spellings_round_trip(bytes: [u8; 32]) {
            let digest = Sha256(bytes);
            for text in [digest.to_hex(), to_nix32(&digest.0), digest.to_sri()] {
                proptest::prop_assert_eq!(text.parse(), Ok(digest));
            }
        }
    }
}
