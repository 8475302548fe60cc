//! Is an `InRelease` signed by Debian's archive keys? `gpgv` answers.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::SeedError;

/// Where Debian, Ubuntu and Fedora install Debian's archive keys.
pub const DEFAULT_KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

const KEYRING_HINT: &str = "install the package debian-archive-keyring, or name a file with Debian's archive keys with \
                            `--keyring FILE`";

/// Checks the signature of `in_release`, of which `suite` is the suite, with the keys in the file `keyring` and the
/// program `gpgv` (a name to be found in `PATH`, or a path).
///
/// As apt does, one good signature is enough beside others whose keys are not in the keyring (a suite is signed by the
/// keys of several releases, and an older keyring lacks the newer ones); one bad signature is not forgiven.
pub fn check_signature(in_release: &[u8], suite: &str, keyring: &Path, gpgv: &Path) -> Result<(), SeedError> {
    let refuse = |problem: String, hint: &'static str| SeedError::Signature { suite: suite.to_owned(), problem, hint };
    let keyring = std::path::absolute(keyring).map_err(|source| SeedError::Io {
        action: "find",
        path: keyring.to_owned(),
        source,
    })?;
    if !keyring.is_file() {
        return Err(refuse(format!("there is no keyring {}", keyring.display()), KEYRING_HINT));
    }
    // A home of its own, so that the user's GnuPG configuration has no say; the message in a file, so that no pipe can
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
    let output = Command::new(gpgv)
        .arg("--homedir")
        .arg(home.path())
        .args(["--status-fd", "1", "--keyring"])
        .arg(&keyring)
        .arg(&message)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            let problem = format!("there is no program {} to check its signature with", gpgv.display());
            return Err(refuse(problem, "install GnuPG's gpgv (Debian's package gpgv; elsewhere gnupg)"));
        }
        Err(source) => return Err(SeedError::Io { action: "run", path: gpgv.to_owned(), source }),
    };
    judge(&String::from_utf8_lossy(&output.stdout))
        .map_err(|(problem, hint)| refuse(format!("{problem} (keyring {})", keyring.display()), hint))
}

/// Reads gpgv's status lines (GnuPG's doc/DETAILS). Exactly GOODSIG is good: signatures by expired or revoked keys are
/// reported under other words.
fn judge(status: &str) -> Result<(), (String, &'static str)> {
    let lines = || {
        status.lines().filter_map(|line| line.strip_prefix("[GNUPG:] ")).filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next().unwrap_or("")))
        })
    };
    let find = |wanted: &[&str]| lines().find(|(word, _)| wanted.contains(word));
    if let Some((_, key)) = find(&["BADSIG"]) {
        let hint = "the file was changed on its way, or a mirror serves it damaged: try another mirror";
        return Err((format!("its signature by key {key} is bad"), hint));
    }
    if find(&["GOODSIG"]).is_some() {
        return Ok(());
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
