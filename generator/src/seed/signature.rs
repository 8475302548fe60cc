//! Is an `InRelease` signed by Debian's archive keys? `gpgv` answers.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::error::SeedError;
use crate::programs;

/// The place where Debian, Ubuntu and Fedora install Debian's archive keys.
pub const DEFAULT_KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

const KEYRING_HINT: &str = "install the package debian-archive-keyring, or name a file with Debian's archive keys with \
                            `--keyring FILE`";

/// Checks the signature of `in_release`, of which `suite` is the suite, with the keys in the file `keyring` and the
/// program `gpgv` (a name to be found in `PATH`, or a path).
///
/// As apt does, one good signature is enough beside others whose keys are not in the keyring (a suite is signed by the
/// keys of several releases, and an older keyring lacks the newer ones); one bad signature is not forgiven. A signature
/// over a digest that can be forged counts for nothing.
pub fn check_signature(in_release: &[u8], suite: &str, keyring: &Path, gpgv: &str) -> Result<(), SeedError> {
    let refuse = |problem: String, hint: &'static str| SeedError::Signature { suite: suite.to_owned(), problem, hint };
    let keyring = std::path::absolute(keyring).map_err(|source| SeedError::Io {
        action: "find",
        path: keyring.to_owned(),
        source,
    })?;
    if !keyring.is_file() {
        return Err(refuse(format!("there is no keyring {}", keyring.display()), KEYRING_HINT));
    }
    // A separate home, so that the user's GnuPG configuration has no effect. The message is in a file, so that no pipe can
    // fill up.
    let home = tempfile::tempdir().map_err(|source| SeedError::Io {
        action: "create a directory in",
        path: std::env::temp_dir(),
        source,
    })?;
    let message = home.path().join("InRelease");
    std::fs::File::create(&message)
        .and_then(|mut file| file.write_all(in_release))
        .map_err(|source| SeedError::Io { action: "write", path: message.clone(), source })?;
    let Some(mut command) = programs::command(gpgv) else {
        let problem = format!("there is no program {gpgv} to check its signature with");
        return Err(refuse(problem, "install GnuPG's gpgv (Debian's package gpgv; elsewhere gnupg)"));
    };
    let output = command
        .arg("--homedir")
        .arg(home.path())
        .args(["--status-fd", "1", "--keyring"])
        .arg(&keyring)
        .arg(&message)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| SeedError::Io { action: "run", path: gpgv.into(), source })?;
    judge(&String::from_utf8_lossy(&output.stdout))
        .map_err(|(problem, hint)| refuse(format!("{problem} (keyring {})", keyring.display()), hint))
}

/// The digests that apt trusts, by their numbers in OpenPGP: SHA-256, SHA-384, SHA-512 and SHA-224.
const STRONG: [&str; 4] = ["8", "9", "10", "11"];

/// The name of a digest that is not trusted.
fn weak(number: &str) -> String {
    match number {
        "1" => "MD5".to_owned(),
        "2" => "SHA-1".to_owned(),
        "3" => "RIPEMD-160".to_owned(),
        other => format!("digest number {other}"),
    }
}

/// Reads gpgv's status lines (GnuPG's doc/DETAILS). A good signature is reported as GOODSIG, and in a line VALIDSIG that
/// says over which digest it was made: signatures by expired or revoked keys are reported under other words than GOODSIG.
pub fn judge(status: &str) -> Result<(), (String, &'static str)> {
    let lines: Vec<Vec<&str>> = status
        .lines()
        .filter_map(|line| line.strip_prefix("[GNUPG:] "))
        .map(|line| line.split_whitespace().collect())
        .collect();
    let find = |wanted: &[&str]| {
        let line = lines.iter().find(|line| line.first().is_some_and(|word| wanted.contains(word)))?;
        Some((line.first().copied().unwrap_or_default(), line.get(1).copied().unwrap_or_default()))
    };
    if let Some((_, key)) = find(&["BADSIG"]) {
        let hint = "the file was changed on its way, or a mirror serves it damaged: try another mirror";
        return Err((format!("its signature by key {key} is bad"), hint));
    }
    // A signature's lines follow one another, and the first of them is NEWSIG.
    let (mut good, mut forgeable) = (None, None);
    for line in &lines {
        match line.as_slice() {
            ["NEWSIG", ..] => good = None,
            ["GOODSIG", key, ..] => good = Some(*key),
            // The eighth field after the fingerprint.
            ["VALIDSIG", _, _, _, _, _, _, _, digest, ..] => match good {
                Some(_) if STRONG.contains(digest) => return Ok(()),
                Some(key) => forgeable = forgeable.or(Some((key, *digest))),
                None => {}
            },
            // gpgv does not even look at some signatures, whether the key is known or not.
            ["ERRSIG", key, _, digest, ..] if !STRONG.contains(digest) => {
                forgeable = forgeable.or(Some((*key, *digest)));
            }
            _ => {}
        }
    }
    if let Some((key, digest)) = forgeable {
        let hint = "a mirror that serves an old file does that: try another mirror";
        return Err((format!("key {key} signed it over {}, which can be forged", weak(digest)), hint));
    }
    if let Some((word, key)) = find(&["EXPKEYSIG", "REVKEYSIG", "EXPSIG"]) {
        let what = match word {
            "EXPKEYSIG" => "the key has expired",
            "REVKEYSIG" => "the key has been revoked",
            _ => "the signature has expired",
        };
        return Err((format!("it is signed by key {key}, but {what}"), KEYRING_HINT));
    }
    if let Some((_, key)) = find(&["NO_PUBKEY", "ERRSIG"]) {
        return Err((format!("it is signed by key {key}, which is not known"), KEYRING_HINT));
    }
    let hint = "the mirror gave something that is not an InRelease file; a portal or proxy page does that";
    Err(("it has no signature".to_owned(), hint))
}
