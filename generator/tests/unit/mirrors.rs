//! Where a `mirror://` address leads on machines that are configured in different ways.

use std::fs;
use std::path::Path;

use crate::fetch::mirrors::{Candidate, Machine, Mirrors};
use crate::report::Report;

/// A machine whose root is a temporary directory that holds `files`, with its home directory in it.
fn machine(root: &Path, files: &[(&str, &str)], env: &[(&str, &str)]) -> Machine {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let env = env.iter().map(|(name, value)| (name.to_string(), value.into()));
    let home = ("HOME".to_owned(), root.join("home").into_os_string());
    Machine { root: root.to_owned(), env: env.chain([home]).collect(), directory: root.join("work/below") }
}

fn urls(mirrors: &Mirrors, url: &str) -> Vec<String> {
    let shown = |candidate: &Candidate| match candidate {
        Candidate::Url(url) => url.clone(),
        other => format!("{other:?}"),
    };
    mirrors
        .candidates(url)
        .map_or_else(|error| vec![Report::of(&error).to_string()], |all| all.iter().map(shown).collect())
}

#[test]
fn a_machine_s_own_configuration_names_the_mirrors() {
    let directory = tempfile::tempdir().unwrap();
    let deb822 = "URIs: http://two.example.org/debian\nSuites: sid\nComponents: main\n";
    let files = [
        ("etc/apt/sources.list", "deb http://one.example.org/debian stable main\n"),
        ("etc/apt/sources.list.d/b.sources", deb822),
        ("etc/apt/sources.list.d/a.list.disabled", "deb http://off.example.org/debian stable main\n"),
        ("etc/pip.conf", "[global]\nindex-url = https://global.example.org/simple\n"),
        ("home/.config/pip/pip.conf", "[global]\nindex-url = https://home.example.org/simple\n"),
        ("home/.cargo/registry/index/a-1/config.json", "{\"dl\": \"https://crates.example.org/dl\"}"),
        ("home/.cargo/registry/index/git-2/HEAD", ""),
    ];
    let mirrors = Mirrors::of(&machine(directory.path(), &files, &[])).unwrap();
    let debian = ["http://one.example.org/debian/pool/x", "http://two.example.org/debian/pool/x"];
    assert_eq!(urls(&mirrors, "mirror://debian/pool/x"), debian);
    assert_eq!(urls(&mirrors, "mirror://gnu/gmp/x")[1], "https://ftp.gnu.org/gnu/gmp/x");
    assert!(urls(&mirrors, "mirror://debian-security/x")[0].starts_with("apt on this machine names no base"));
    assert!(urls(&mirrors, "mirror://pypi/p/f")[0].contains("https://home.example.org/simple"));
    assert_eq!(urls(&mirrors, "mirror://crates/a/1"), ["https://crates.example.org/dl/a/1/download"]);
    for segment in
        ["%2e%2e", "%2E%2e", ".%2e", "%2e.", "%2e", "a%2f..%2fb", "a%2F%2e%2e", "%252e%252e", "..%5cx", ".\\t."]
    {
        let url = format!("mirror://debian/{segment}/x");
        assert!(urls(&mirrors, &url)[0].contains("is not an address of the form"), "{url}");
    }
    assert_eq!(urls(&mirrors, "mirror://gnu/a%2bb/c..d.%78").len(), 2);
    for path in ["debian", "debian/", "debian/../x", "debian//x", "pypi/x", "pypi/a/b/c", "crates/x", ""] {
        let urls = urls(&mirrors, &format!("mirror://{path}"));
        assert!(urls[0].contains("is not an address of the form"), "{path}: {urls:?}");
    }
}

#[test]
fn a_machine_without_configuration_has_upstream_s_servers() {
    let directory = tempfile::tempdir().unwrap();
    let mirrors = Mirrors::of(&machine(directory.path(), &[], &[])).unwrap();
    assert_eq!(urls(&mirrors, "mirror://kernel/linux/x"), ["https://cdn.kernel.org/pub/linux/x"]);
    assert!(urls(&mirrors, "mirror://debian/x")[0].starts_with("apt on this machine"));
    assert!(urls(&mirrors, "mirror://crates/a/1")[0].contains("crates = [\"sparse+https://"));
    // pip is asked only when a file is fetched.
    let candidate = Candidate::SimpleIndex { index: None, project: "p".into(), file: "f".into() };
    assert_eq!(mirrors.candidates("mirror://pypi/p/f").unwrap(), [candidate]);
    assert_eq!(urls(&mirrors, "https://example.org/../x"), ["https://example.org/../x"]);
}

#[test]
fn nearer_configuration_and_the_user_s_file_win() {
    let directory = tempfile::tempdir().unwrap();
    let cargo = "[source.crates-io]\nreplace-with = 'm'\n[source.m]\nregistry = 'sparse+https://m.example.org/'";
    let user = "[mirrors]\ndebian = 'file:/srv/debian'\nown = ['https://own.example.org']\ngnu = []\n";
    let files = [
        ("etc/apt/sources.list", "deb http://one.example.org/debian stable main\n"),
        ("work/.cargo/config.toml", cargo),
        ("home/.cargo/registry/index/a-1/config.json", "{\"dl\": \"https://crates.example.org/dl\"}"),
        ("home/.config/crossloom/mirrors.toml", user),
        ("bad.toml", "[mirrors]\ndebian = ['https://x.example.org', 'ftp://y.example.org']\n"),
        ("unknown.toml", "[mirror]\n"),
        ("worse.toml", "[mirrors\n"),
    ];
    let env = [("PIP_INDEX_URL", "https://env.example.org/simple"), ("PIP_CONFIG_FILE", "/dev/null")];
    let mut machine = machine(directory.path(), &files, &env);
    let mirrors = Mirrors::of(&machine).unwrap();
    assert_eq!(urls(&mirrors, "mirror://debian/x"), ["file:/srv/debian/x"]);
    assert_eq!(urls(&mirrors, "mirror://own/x"), ["https://own.example.org/x"]);
    assert!(urls(&mirrors, "mirror://gnu/x")[0].contains("home/.config/crossloom/mirrors.toml"));
    assert!(urls(&mirrors, "mirror://pypi/p/f")[0].contains("https://env.example.org/simple"));
    assert!(urls(&mirrors, "mirror://crates/a/1")[0].contains("index: \"https://m.example.org/\""));

    let messages = [
        ("bad.toml", "mirror `debian`: \"ftp://y.example.org\" is not an address"),
        ("unknown.toml", "unknown key `mirror`"),
        ("worse.toml", "line 1"),
        ("none.toml", "cannot read"),
    ];
    for (file, message) in messages {
        machine.env.insert("CROSSLOOM_MIRRORS".into(), directory.path().join(file).into());
        let error = Mirrors::of(&machine).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains(file), "{error}");
    }
}
