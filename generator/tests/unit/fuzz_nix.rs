//! Mutated archives, derivations, names and answers of Nix and of binary caches: never a panic, never a hang, and what is
//! read can be written again.

use std::collections::BTreeMap;
use std::fs;

use super::archives::xz;
use super::mutate::{self, CASES, Rng, told};
use super::nar_tree::Node;
use crate::nix::archive::{Event, Reader, first_difference};
use crate::nix::aterm::outputs;
use crate::nix::driver::{Version, registered};
use crate::nix::hash::{Sha256, to_nix32};
use crate::nix::nar::hash_path;
use crate::nix::store::{STORE_DIR, StoreName, StorePath};
use crate::platform::{Seed, Suite, System};
use crate::seed::Tier;
use crate::verbatim::Head;
use crate::verify::cache::Cache;
use crate::verify::digests::Digests;
use crate::verify::narinfo::NarInfo;
use crate::verify::{Ours, Verdict};
use crate::word::Word;

fn file(executable: bool, bytes: &[u8]) -> Node {
    Node::File { executable, bytes: bytes.to_vec() }
}

fn directory<const N: usize>(entries: [(&str, Node); N]) -> Node {
    Node::Directory(entries.into_iter().map(|(name, node)| (name.as_bytes().to_vec(), node)).collect())
}

fn sample() -> Node {
    let inner = directory([("empty", directory([])), ("x", file(true, b"0123456789"))]);
    directory([("bin", inner), ("file", file(false, b"")), ("link", Node::Symlink(b"file".to_vec()))])
}

/// The tree that an archive holds, from its events.
fn tree(bytes: &[u8]) -> Result<Node, crate::nix::archive::ArchiveError> {
    let mut reader = Reader::new(bytes);
    // The directories that are open, with their names.
    let mut open = Vec::new();
    let mut name: Vec<u8> = Vec::new();
    let mut root = None;
    loop {
        let node = match reader.next()? {
            Event::End => return Ok(root.expect("an archive holds something")),
            Event::Entry(entry) => {
                name = entry;
                continue;
            }
            Event::Directory => {
                open.push((std::mem::take(&mut name), BTreeMap::<Vec<u8>, Node>::new()));
                continue;
            }
            Event::Close => {
                let (of, entries) = open.pop().unwrap();
                name = of;
                Node::Directory(entries)
            }
            Event::Link(target) => Node::Symlink(target),
            Event::File { executable, size } => {
                let mut contents = Vec::new();
                let mut buffer = [0; 100];
                loop {
                    match reader.contents(&mut buffer)? {
                        0 => break,
                        count => contents.extend(&buffer[..count]),
                    }
                }
                assert_eq!(contents.len() as u64, size);
                Node::File { executable, bytes: contents }
            }
        };
        match open.last_mut() {
            Some((_, entries)) => assert!(entries.insert(std::mem::take(&mut name), node).is_none(), "a name twice"),
            None => root = Some(node),
        }
    }
}

/// A text of an archive: its length, its bytes, and zeros.
fn word(text: &str) -> String {
    let mut out = format!("{}\0\0\0\0\0\0\0{text}", char::from(text.len() as u8));
    out.push_str(&"\0".repeat(text.len().next_multiple_of(8) - text.len()));
    out
}

#[test]
fn mutated_archives() {
    let words = [
        "nix-archive-1",
        "(",
        ")",
        "type",
        "regular",
        "executable",
        "",
        "contents",
        "symlink",
        "target",
        "directory",
        "entry",
        "name",
        "node",
        "a",
        "zz",
        "..",
        "a/b",
    ];
    let mut tokens: Vec<String> = words.iter().map(|text| word(text)).collect();
    tokens.extend(
        ["(", "type", "directory"]
            .map(word)
            .concat()
            .repeat(3)
            .chars()
            .take(72)
            .collect::<String>()
            .split('\0')
            .map(str::to_owned),
    );
    tokens.extend(["\0\0\0\0\0\0\0\u{7f}", "\0\0\0\0\0\0\0\0", "\u{1}", "\0"].map(str::to_owned));
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let whole = sample().archive();
    // A text in it is made longer or shorter, with its length and padding; or bytes change as they may.
    let make = |rng: &mut Rng| {
        if rng.below(2) == 0 {
            return mutate::mutate_bytes(rng, std::slice::from_ref(&whole), &tokens);
        }
        let mut texts = Vec::new();
        let mut rest = whole.as_slice();
        while let Some((length, after)) = rest.split_at_checked(8) {
            let length = length[0] as usize;
            texts.push(after[..length].to_vec());
            rest = &after[length.next_multiple_of(8)..];
        }
        for _ in 0..=rng.below(3) {
            let at = rng.below(texts.len());
            match rng.below(4) {
                0 => texts[at].truncate(rng.below(4)),
                1 => texts[at] = vec![b'a' + rng.below(26) as u8; rng.below(5000)],
                2 => drop(texts.remove(at)),
                _ => texts[at] = rng.pick(&words).as_bytes().to_vec(),
            }
        }
        let mut out = Vec::new();
        for text in texts {
            out.extend((text.len() as u64).to_le_bytes());
            out.extend(&text);
            out.resize(out.len().next_multiple_of(8), 0);
        }
        out
    };
    mutate::run("a NAR", CASES, make, |bytes| {
        let read = tree(bytes);
        let difference = first_difference(bytes, whole.as_slice());
        match read {
            Ok(node) => {
                // There is one archive of a tree.
                assert!(node.archive() == bytes);
                assert_eq!(difference.unwrap().is_none(), bytes == whole.as_slice());
                true
            }
            Err(error) => {
                told(&error);
                // One that is damaged behind the first difference is told to differ, and never to be the same.
                assert!(difference.is_err() || difference.is_ok_and(|difference| difference.is_some()));
                false
            }
        }
    })
    .balanced();
}

/// Directories in directories, as deep as a reader goes and deeper.
#[test]
fn mutated_depths() {
    let make = |rng: &mut Rng| {
        let depth = *rng.pick(&[1, 2, 63, 64, 65, 300, 4094, 4095, 4096, 4097, 5000]);
        let mut out = word("nix-archive-1");
        let open = ["(", "type", "directory", "entry", "(", "name", "a", "node"].map(word).concat();
        out.push_str(&open.repeat(depth));
        out.push_str(&["(", "type", "symlink", "target", "x", ")"].map(word).concat());
        let close = depth - usize::from(rng.below(4) == 0);
        out.push_str(&[")", ")"].map(word).concat().repeat(close));
        out.into_bytes()
    };
    mutate::run("a NAR's depth", 200, make, |bytes| {
        let mut reader = Reader::new(bytes);
        loop {
            match reader.next() {
                Ok(Event::End) => return true,
                Ok(_) => {}
                Err(error) => {
                    told(&error);
                    return false;
                }
            }
        }
    });
}

#[test]
fn mutated_derivations() {
    let corpus = [
        r#"Derive([("dev","","r:sha256",""),("out","/nix/store/00000000000000000000000000000000-x","","")],[("/nix/store/y.drv",["out"])],[],"x86_64-linux","/bin/sh",["-c"],[("out","x")])"#,
        "Derive([(\"a\\\"\\\\\\n\\x\",\"/nix/store/0123456789abcdfghijklmnpqrsvwxyz-gmp\",\"\",\"\")],",
        "DrvWithVersion(\"xp-dyn-drv\",[])",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens = [
        "Derive([",
        "(",
        ")",
        "[",
        "]",
        ",",
        "\"",
        "\\",
        "\\\"",
        "\\n",
        "\"out\"",
        "\"\"",
        "/nix/store/",
        "é",
        "\0",
        ")],",
    ];
    mutate::run_bytes("a derivation", CASES, &corpus, &tokens, |bytes| match outputs(bytes, STORE_DIR) {
        Ok(read) => {
            let quoted = |text: &str| {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r");
                format!("\"{}\"", text.replace('\t', "\\t"))
            };
            let all: Vec<String> = read
                .iter()
                .map(|(name, path)| {
                    let path = path.as_ref().map(ToString::to_string).unwrap_or_default();
                    format!("({},{},\"\",\"\")", quoted(name), quoted(&path))
                })
                .collect();
            assert_eq!(outputs(format!("Derive([{}],", all.join(",")).as_bytes(), STORE_DIR).as_ref(), Ok(&read));
            true
        }
        Err(error) => {
            told(&error);
            false
        }
    })
    .balanced();
}

const DIGEST: &str = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
const NARINFO: &str = "StorePath: /nix/store/0123456789abcdfghijklmnpqrsvwxyz-gmp-6.3.0\nURL: nar/1x.nar.xz\nCompression: xz\n\
    FileHash: sha256:1x\nFileSize: 12\nNarHash: sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73\nNarSize: 120\n\
    References: \nDeriver: x.drv\nSig: a:b\nSig: c:d\n";

#[test]
fn mutated_narinfos() {
    let corpus = [NARINFO.as_bytes().to_vec()];
    let tokens = [
        "StorePath: ",
        "URL: ",
        "Compression: ",
        "NarHash: ",
        "NarSize: ",
        ": ",
        ":",
        "\n",
        "\r\n",
        "/nix/store/",
        "../",
        "..",
        "/",
        "//",
        "nar/",
        "%2e%2e/",
        "https://x/",
        "file:///x",
        "\0",
        "é",
        "none",
        "xz",
        "zstd",
        "sha256:",
        "sha256-",
        "-1",
        "18446744073709551616",
        "\u{1b}[31m",
        "\t",
    ];
    mutate::run_texts("a narinfo", CASES, &corpus, &tokens, |text| match NarInfo::parse(text, STORE_DIR) {
        Ok(info) => {
            assert!(info.url.split('/').all(|part| !matches!(part, "" | "." | "..")), "{}", info.url);
            let printed = format!(
                "StorePath: {}\nURL: {}\nCompression: {}\nNarHash: {}\nNarSize: {}\n",
                info.path, info.url, info.compression, info.nar, info.size
            );
            assert_eq!(NarInfo::parse(&printed, STORE_DIR).as_ref(), Ok(&info), "{printed}");
            true
        }
        Err(error) => {
            told(&error);
            false
        }
    })
    .balanced();
}

#[test]
fn mutated_digests() {
    let text = format!(
        r#"{{
  "version": 1,
  "systems": {{
    "riscv64-linux": {{}},
    "x86_64-linux": {{
      "gmp": {{
        "out": {{ "path": "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-gmp", "nar": "sha256:{DIGEST}" }},
        "dev": {{ "path": "/nix/store/0123456789abcdfghijklmnpqrsvwxyy-gmp-dev", "nar": "sha256:{DIGEST}" }}
      }}
    }}
  }}
}}
"#
    );
    let tokens = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\u0000",
        "\\ud800",
        "\\",
        "null",
        "1",
        "2",
        "1e999",
        "\"version\": 1,",
        "\"systems\"",
        "\"out\": ",
        "\"path\"",
        "\"nar\"",
        "\"x86_64-linux\"",
        "/nix/store/",
        "/",
        "sha256-",
        "é",
        "\0",
        "\n",
        "..",
        "{}",
    ];
    mutate::run_texts("digests.json", CASES, &[text.into_bytes()], &tokens, |text| match Digests::parse(text) {
        Ok(digests) => {
            assert_eq!(Digests::parse(&digests.to_text()).unwrap(), digests);
            let names = digests.systems.iter().flat_map(|(system, nodes)| nodes.keys().chain([system]));
            assert!(names.into_iter().all(|name| !name.contains(char::is_control) && name.len() <= 300));
            true
        }
        Err(error) => {
            told(&error);
            false
        }
    })
    .balanced();
}

/// What others wrote may be as long as a file, and a message must not be.
#[test]
fn messages_do_not_repeat_long_texts() {
    let long = "/nix/store/012345".repeat(6000);
    let digests = |name: &str, path: &str| {
        let nar = Sha256::of(b"");
        let text = format!(
            r#"{{"version": 1, "systems": {{"x": {{"{name}": {{"out": {{"path": "{path}", "nar": "{nar}"}}}}}}}}}}"#
        );
        Digests::parse(&text).unwrap_err()
    };
    let errors: [Box<dyn std::error::Error>; 9] = [
        Box::new(StoreName::new(&long).unwrap_err()),
        Box::new(StoreName::new(&format!(".{long}")).unwrap_err()),
        Box::new(StoreName::new(&"x".repeat(100_000)).unwrap_err()),
        Box::new(StorePath::parse(&long).unwrap_err()),
        Box::new(long.parse::<Sha256>().unwrap_err()),
        Box::new(NarInfo::parse(&long, STORE_DIR).unwrap_err()),
        Box::new(NarInfo::parse(&format!("URL: {long}\n"), STORE_DIR).unwrap_err()),
        Box::new(digests(&long, "x")),
        Box::new(digests("x", &long)),
    ];
    for error in &errors {
        let whole = std::iter::successors(Some(error.as_ref()), |error| error.source());
        let text: String = whole.map(ToString::to_string).collect();
        assert!(text.len() < 2000, "{} bytes: {text:.200}", text.len());
    }
}

#[test]
fn mutated_store_paths() {
    let corpus = [
        "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-gmp-6.3.0.tar.xz",
        "/nix/store/00000000000000000000000000000000-.x",
        "gcc-14.2.0.tar.xz",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens =
        ["/", "/nix/store/", "-", ".", "..", "+", "?", "=", "_", "e", "o", "t", "u", "é", "\0", "\n", " ", "~", "0"];
    mutate::run_texts("store paths and names", CASES, &corpus, &tokens, |text| {
        let name = match StoreName::new(text) {
            Ok(name) => {
                assert_eq!(name.as_str(), text);
                assert!(!text.contains('/') && text.len() <= 211 && text.is_ascii());
                true
            }
            Err(error) => {
                told(&error);
                false
            }
        };
        match StorePath::parse(text) {
            Ok(path) => {
                assert_eq!(path.to_string(), text);
                assert_eq!(format!("{}-{}", path.digest(), path.name()), path.base_name());
                assert_eq!(StorePath::parse_in("/x", &path.path_in("/x")), Ok(path));
                true
            }
            Err(error) => {
                told(&error);
                name
            }
        }
    })
    .balanced();
}

#[test]
fn mutated_hashes() {
    let corpus = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        DIGEST,
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens = ["sha256-", "sha256:", "sha512-", "=", "+", "/", "0", "z", "A", "e", "é", "€", "\0", " ", "_"];
    // Half of them lose as many letters as they gain, since another length is no digest at all.
    let make = |rng: &mut Rng| {
        if rng.below(2) == 0 {
            return mutate::mutate(rng, &corpus, &tokens).into_bytes();
        }
        let mut text = rng.pick(&corpus).clone();
        for _ in 0..=rng.below(3) {
            let at = rng.below(text.len());
            text[at] = *rng.pick(b"0123456789abcdefABCDEFxyzeotu+/=_-:\0");
        }
        text
    };
    mutate::run("hashes", CASES, make, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match text.parse::<Sha256>() {
            Ok(digest) => {
                let plain = text.strip_prefix("sha256:").unwrap_or(&text);
                let spelled = [digest.to_hex(), to_nix32(&digest.0), digest.to_sri()];
                assert!(spelled.iter().all(|text| text.parse() == Ok(digest)));
                // One of the three is what was read: no two texts of one form are one digest.
                let read = |text: &str| text == plain || text.strip_prefix("sha256-") == Some(plain);
                assert!(spelled.iter().any(|text| read(text)) || plain.to_ascii_lowercase() == spelled[0], "{text}");
                true
            }
            Err(error) => {
                told(&error);
                false
            }
        }
    })
    .balanced();
}

#[test]
fn mutated_words() {
    let words: Vec<&str> = [System::WORDS, Seed::WORDS, Suite::WORDS].concat();
    let corpus: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let tokens = [
        "-",
        "_",
        "linux",
        "darwin",
        "macos",
        "arm64",
        "amd64",
        "x86",
        "aarch64",
        "é",
        "İ",
        "\0",
        "A",
        "\u{1b}[31m",
        "`",
    ];
    mutate::run_texts("words", CASES, &corpus, &tokens, |text| {
        if let Some(system) = System::parse(text) {
            assert_eq!(system.as_str(), text);
            assert_eq!(System::meant(text), Some(system));
        }
        match System::in_matrix(text, 0..1) {
            Ok(system) => assert_eq!(system.as_str(), text),
            Err(problem) => assert!(problem.hint.is_some() && !problem.message.contains(char::is_control)),
        }
        match Seed::read(text, 0..1) {
            Ok(seed) => assert_eq!(seed.as_str(), text),
            Err(problem) => assert!(problem.hint.is_some() && !problem.message.contains(char::is_control)),
        }
        if let Err(error) = text.parse::<Suite>() {
            told(&error);
        }
        if let Err(error) = text.parse::<Tier>() {
            told(&error);
        }
        words.contains(&text)
    })
    .balanced();
}

/// What the programs of Nix print.
#[test]
fn mutated_answers_of_nix() {
    let list = r#"[{"path":"/nix/store/0123456789abcdfghijklmnpqrsvwxyz-gmp","narHash":"sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73","ultimate":true,"ca":"fixed:sha256:x"}]"#;
    let map = r#"{"info":{"/nix/store/x":{"narHash":"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","ca":null},"/nix/store/y":null}}"#;
    let corpus =
        [list, map, "nix (Nix) 2.8.0\n", "nix (Determinate Nix 3.1.0) 2.26.3"].map(|text| text.as_bytes().to_vec());
    let tokens = [
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "\"",
        "path",
        "info",
        "narHash",
        "null",
        "true",
        "1",
        ".",
        " ",
        "\n",
        "é",
        "4294967296",
    ];
    mutate::run_texts("answers of Nix", CASES, &corpus, &tokens, |text| {
        let version = Version::parse(text);
        if let Some(version) = version {
            assert!(text.contains(&version.major.to_string()) && text.contains(&version.minor.to_string()));
        }
        let all = registered(text);
        assert!(all.iter().flatten().all(|(path, _)| path.is_empty() || text.contains(path) || text.contains('\\')));
        all.is_some() || version.is_some()
    })
    .balanced();
}

/// The head of a recipe in Nix.
#[test]
fn mutated_recipes() {
    let corpus: Vec<Vec<u8>> = super::project::recipes()
        .filter_map(|place| crate::verbatim::Verbatim::embedded().text(place))
        .map(|text| text.as_bytes().iter().copied().take(400).collect())
        .collect();
    let tokens = [
        "{", "}", ":", ",", "?", "...", "@", "(", ")", "[", "]", "''", "\"", "${", "#", "/*", "*/", "\n", "a", "rec",
        "\\",
    ];
    mutate::run_texts("a recipe's head", CASES, &corpus, &tokens, |text| match Head::parse(text) {
        Some(head) => {
            assert!(head.formals.iter().all(|formal| !formal.name.is_empty() && text.contains(&formal.name)));
            true
        }
        None => false,
    })
    .balanced();
}

/// Each case writes two files, and reads an archive from disk to compare.
const CACHES: u64 = 1000;

/// A binary cache: no archive that is not ours is called the same, whatever its narinfo says.
#[test]
fn mutated_caches() {
    let place = tempfile::tempdir().unwrap();
    let (real, dir) = (place.path().join("ours"), place.path().join("cache"));
    fs::create_dir_all(real.join("bin")).unwrap();
    fs::write(real.join("bin/x"), "x").unwrap();
    fs::write(real.join("a"), "the same text".repeat(10)).unwrap();
    fs::create_dir_all(dir.join("nar")).unwrap();
    fs::write(dir.join("nix-cache-info"), "StoreDir: /nix/store\n").unwrap();
    let (nar, size) = hash_path(&real).unwrap();
    let text = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-gmp";
    let path = StorePath::parse(text).unwrap();
    let ours = Ours { path: text.to_owned(), real, nar, size };
    let whole = Node::of([("a", &"the same text".repeat(10)), ("bin/x", "x")]).archive();
    assert_eq!(Sha256::of(&whole), nar);
    let tokens = [word("a"), word(")"), word("entry"), word("name"), "\0\0\0\0".to_owned(), "same".to_owned()];
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let narinfo = dir.join(format!("{}.narinfo", path.digest()));
    // The narinfo, a line that ends it, and the file.
    let make = |rng: &mut Rng| {
        let archive = match rng.below(4) {
            0 => whole.clone(),
            _ => mutate::mutate_bytes(rng, std::slice::from_ref(&whole), &tokens),
        };
        let honest = rng.below(2) == 0;
        let (said, length) = if honest { (Sha256::of(&archive), archive.len() as u64) } else { (nar, size) };
        let length = if rng.below(10) == 0 { rng.number() } else { length };
        let packed = rng.below(2) == 0;
        let mut bytes = if packed { xz(&archive) } else { archive };
        match rng.below(8) {
            0 => bytes.truncate(rng.below(bytes.len())),
            1 if !bytes.is_empty() => {
                let at = rng.below(bytes.len());
                bytes[at] ^= 1 << rng.below(8);
            }
            2 if packed => bytes.extend(xz(b"more")),
            3 if packed => bytes.extend(vec![0; rng.below(9)]),
            _ => {}
        }
        let compression = if packed { "xz" } else { "none" };
        let info =
            format!("StorePath: {text}\nURL: nar/1\nCompression: {compression}\nNarHash: {said}\nNarSize: {length}\n");
        [info.as_bytes(), b"\0", &bytes].concat()
    };
    mutate::run("a binary cache", CACHES, make, |bytes| {
        let at = bytes.iter().position(|byte| *byte == 0).unwrap();
        fs::write(&narinfo, &bytes[..at]).unwrap();
        fs::write(dir.join("nar/1"), &bytes[at + 1..]).unwrap();
        let found = Cache::open(&dir, STORE_DIR).unwrap().compare(&path, &ours);
        let same = found.verdict == Verdict::Identical;
        if same {
            let info = NarInfo::parse(std::str::from_utf8(&bytes[..at]).unwrap(), STORE_DIR).unwrap();
            assert_eq!((info.nar, info.size), (nar, size));
            let stored = &bytes[at + 1..];
            assert!(info.compression == "xz" || stored == whole.as_slice());
        } else {
            let said = found.detail.as_ref().is_some_and(|detail| !detail.trim().is_empty());
            assert!(said || found.difference.is_some(), "{:?}", found.verdict);
        }
        same
    })
    .balanced();
}
