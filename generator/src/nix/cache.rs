//! Binary caches that a user asks for: their addresses and keys, as Nix spells them.

use super::hash::{base64, from_base64};

/// Caches to take finished builds from, and the keys whose signatures count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caches {
    /// Addresses, in the order in which Nix asks them where their priorities are equal.
    pub substituters: Vec<String>,
    /// Public keys.
    pub keys: Vec<String>,
}

/// A word that is not what Nix takes for a cache or a key.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CacheError {
    #[error("{word:?} is not the address of a binary cache")]
    #[diagnostic(help("as Nix writes it: https://cache.example.org, s3://BUCKET, ssh-ng://HOST or file:///FOLDER"))]
    Substituter { word: String },
    #[error("{word:?} is not a public key")]
    #[diagnostic(help("as Nix writes it: NAME:KEY, where KEY is 44 characters of base 64"))]
    PublicKey { word: String },
    #[error("not a secret key of Nix's")]
    #[diagnostic(help("`nix-store --generate-binary-cache-key NAME SECRET PUBLIC` makes one"))]
    SecretKey,
    #[error("no key is given for {substituter}, so nothing in it would be trusted")]
    #[diagnostic(help("name the public key that it signs with: --trusted-public-key NAME:KEY"))]
    NoKey { substituter: String },
    #[error("there is no binary cache in {folder}")]
    #[diagnostic(help("`crossloom push` makes one, and fills it"))]
    NoFolder { folder: String },
}

/// Kinds of stores that another machine can be, or a folder with a cache.
const SCHEMES: [&str; 6] = ["https://", "http://", "s3://", "ssh-ng://", "ssh://", "file:///"];

/// Whether a word can be the address of a store. It becomes one word among Nix's settings, and an argument.
pub fn is_store(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"\"'\\`".contains(c);
    SCHEMES.iter().any(|scheme| word.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
        && word.chars().all(plain)
}

/// Whether a word is a public key: a name, and 32 bytes.
pub fn is_public_key(word: &str) -> bool {
    named_key::<32>(word).is_some()
}

/// Whether an address says itself that paths from it need no signature, which Nix allows.
pub fn needs_no_key(substituter: &str) -> bool {
    let parameters = substituter.split_once('?').map(|(_, parameters)| parameters).unwrap_or_default();
    parameters.split('&').any(|parameter| matches!(parameter, "trusted=1" | "trusted=true"))
}

fn named_key<const N: usize>(word: &str) -> Option<(&str, [u8; N])> {
    let (name, key) = word.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/+@".contains(c);
    (!name.is_empty() && name.chars().all(plain)).then_some(())?;
    Some((name, from_base64(key.as_bytes())?))
}

/// The public key of the text of a secret key's file.
///
/// # Errors
/// [`CacheError::SecretKey`]; the text is in no message.
pub fn public_key(secret: &str) -> Result<String, CacheError> {
    let (name, key) = named_key::<64>(secret.trim_end()).ok_or(CacheError::SecretKey)?;
    // A secret key of Ed25519 as libsodium has it ends in the public one.
    let public = key.get(32..).unwrap_or_default();
    Ok(format!("{name}:{}", base64(public)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_keys_are_single_words() {
        for word in ["https://cache.example.org", "s3://bucket?region=eu", "file:///srv/cache", "ssh-ng://me@host"] {
            assert!(is_store(word), "{word}");
        }
        for word in
            ["", "https://", "file://x", "cache", "daemon", "/srv", "https://a b", "https://a\nsandbox = false", "-x"]
        {
            assert!(!is_store(word), "{word:?}");
        }
        let key = "a-1:nfelHjkL535RHu5go5OydHXrCeVrvmhw2odqnn59L1Q=";
        assert!(is_public_key(key));
        for word in ["", "a-1", ":nfelHjkL535RHu5go5OydHXrCeVrvmhw2odqnn59L1Q=", "a-1:nfel", &format!("a b{key}")] {
            assert!(!is_public_key(word), "{word:?}");
        }
        assert!(needs_no_key("file:///x?trusted=1") && needs_no_key("file:///x?a=b&trusted=true"));
        assert!(!needs_no_key("file:///x?trusted=0") && !needs_no_key("file:///trusted=1"));
    }

    #[test]
    fn a_secret_key_has_its_public_one() {
        let secret = base64(&[7; 64]);
        assert_eq!(public_key(&format!("me-1:{secret}\n")).unwrap(), format!("me-1:{}", base64(&[7; 32])));
        for text in ["", "me-1", "me-1:AAAA", "a-1:nfelHjkL535RHu5go5OydHXrCeVrvmhw2odqnn59L1Q="] {
            let error = public_key(text).unwrap_err().to_string();
            assert_eq!(error, "not a secret key of Nix's", "{text}");
        }
    }
}
