//! SHA-256 in every spelling that Nix and upstreams use, and SHA-512 as npm writes it.

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
        hex(&self.0)
    }

    /// `sha256-<base64>`.
    pub fn to_sri(&self) -> String {
        sri("sha256", &self.0)
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

fn sri(algorithm: &str, bytes: &[u8]) -> String {
    format!("{algorithm}-{}", base64(bytes))
}

/// Base 64 with its padding.
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
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

/// N bytes in base 64 with its padding.
pub fn from_base64<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let (digits, padding) = text.split_at_checked((N * 8).div_ceil(6))?;
    if padding.len() != (3 - N % 3) % 3 || padding.iter().any(|byte| *byte != b'=') {
        return None;
    }
    let mut out = [0u8; N];
    for (chunk, digits) in out.chunks_mut(3).zip(digits.chunks(4)) {
        let mut word = 0u32;
        for (i, digit) in digits.iter().enumerate() {
            word |= (BASE64.iter().position(|c| c == digit)? as u32) << (18 - 6 * i);
        }
        let bytes = word.to_be_bytes();
        chunk.copy_from_slice(&bytes[1..=chunk.len()]);
        // Bits past the digest's end must be zero, or two texts would name one digest.
        if bytes.get(chunk.len() + 1..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0)) {
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

/// The digest by which a file is pinned. npm's locks have SHA-512 and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileHash {
    Sha256(Sha256),
    Sha512(Sha512),
}

/// A SHA-512 digest, read and printed as SRI (`sha512-<base64>`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sha512(pub [u8; 64]);

impl FileHash {
    /// The algorithm as Nix names it.
    pub fn algorithm(&self) -> &'static str {
        match self {
            FileHash::Sha256(_) => "sha256",
            FileHash::Sha512(_) => "sha512",
        }
    }

    /// Lower-case hexadecimal digits.
    pub fn to_hex(self) -> String {
        match self {
            FileHash::Sha256(hash) => hash.to_hex(),
            FileHash::Sha512(hash) => hex(&hash.0),
        }
    }

    /// `ALGORITHM-<base64>`.
    pub fn to_sri(self) -> String {
        match self {
            FileHash::Sha256(hash) => hash.to_sri(),
            FileHash::Sha512(hash) => sri("sha512", &hash.0),
        }
    }
}

impl From<Sha256> for FileHash {
    fn from(hash: Sha256) -> FileHash {
        FileHash::Sha256(hash)
    }
}

impl PartialEq<Sha256> for FileHash {
    fn eq(&self, other: &Sha256) -> bool {
        *self == FileHash::Sha256(*other)
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_sri())
    }
}

impl FromStr for Sha512 {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || format!("{:?} is not a SHA-512: expected sha512-<base64>", start(text));
        let digits = text.strip_prefix("sha512-").filter(|digits| digits.len() == 88).ok_or_else(error)?;
        from_base64(digits.as_bytes()).map(Sha512).ok_or_else(error)
    }
}

impl fmt::Display for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sri("sha512", &self.0))
    }
}

impl fmt::Debug for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Sha512 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha512 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf "" | sha512sum`, and the same through `openssl base64`.
    #[test]
    fn sha512_is_read_and_printed_as_sri() {
        let text = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
        let hash: Sha512 = text.parse().unwrap();
        assert_eq!(hash.to_string(), text);
        let hex = FileHash::Sha512(hash).to_hex();
        assert!(hex.starts_with("cf83e1357eefb8bdf1542850d66d8007") && hex.len() == 128, "{hex}");
        for wrong in ["", "sha512-", &text[..94], &text.replace("Pg==", "Ph=="), &text.replace("sha512", "sha256")] {
            assert!(wrong.parse::<Sha512>().is_err(), "{wrong}");
        }
    }

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
