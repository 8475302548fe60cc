//! Matrix files as users write them: what they mean, and what is said about those that mean nothing.
//!
//! Cases are the `*.toml` files in `data/matrix/ok` and `data/matrix/err`, each with its snapshot beside it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, iter};

use super::project::cells;
use crate::diag::{self, Problem, Wrong};
use crate::families::darwin::Darwin;
use crate::families::linux::Linux;
use crate::families::musl_gcc::{MuslGcc, MuslTarget};
use crate::families::valgrind_darwin::ValgrindDarwin;
use crate::families::{self};
use crate::family::{CellOf, Family, Kind, Values};
use crate::matrix::{self, Matrix};
use crate::nix::hash::Sha256;
use crate::platform::System;
use crate::service::Surface;
use crate::word::Word;
use serde_json::Value;

fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/matrix").join(folder)
}

/// Checks every case of a folder against the snapshot of its name; no snapshot may stand alone.
fn goldens(folder: &str, show: impl Fn(&str, &str) -> String) {
    let path = data(folder);
    let mut stems = [BTreeSet::new(), BTreeSet::new()];
    for entry in fs::read_dir(&path).unwrap() {
        let file = entry.unwrap().path();
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        match file.extension().unwrap().to_str().unwrap() {
            "toml" => stems[0].insert(stem),
            "snap" => stems[1].insert(stem),
            _ => true,
        };
    }
    let [cases, snapshots] = stems;
    assert!(cases.len() > 4);
    for stem in &cases {
        let text = fs::read_to_string(path.join(format!("{stem}.toml"))).unwrap();
        insta::with_settings!({
            snapshot_path => &path, prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(stem.as_str(), show(stem, &text));
        });
    }
    assert_eq!(snapshots.difference(&cases).collect::<Vec<_>>(), Vec::<&String>::new(), "snapshots without a case");
}

/// The files that cases name.
struct Files;

impl crate::reader::UserFiles for Files {
    fn read_most(&self, path: &str, _: usize) -> Result<Vec<u8>, Wrong> {
        match path {
            "good.config" | "kernel/more.config" => Ok(format!("# {path}\nCONFIG_A=y\nCONFIG_B=\"b\"\n").into_bytes()),
            "x86.config" => Ok(b"#\n# Linux/x86 6.1.176 Kernel Configuration\n#\nCONFIG_X86_64=y\n".to_vec()),
            "wrong.config" => Ok(b"CONFIG_A=yes\nB=y\n\n# CONFIG_C is not st\nCONFIG_D\n".to_vec()),
            "binary.config" => Ok(vec![0xff, 0xfe]),
            "large.config" | "large/Kbuild" => Ok(vec![b'\n'; crate::reader::MAX_USER_FILE + 1]),
            "good/Makefile" | "binary/Kbuild" => Ok(b"obj-m := good.o\n".to_vec()),
            "fix.patch" | "more/fix.patch" => {
                Ok(format!("--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n").into_bytes())
            }
            "archives/mine.tar.gz" => Ok(b"an archive".to_vec()),
            "latin.patch" => Ok(b"+++ b/x\n \xe9\n".to_vec()),
            "large.patch" => Ok(vec![b'+'; crate::reader::MAX_USER_FILE + 1]),
            "good/good.c" | "silent/Kbuild" | "app/main.js" => Ok(b"/* nothing */\n".to_vec()),
            "binary/data" => Ok(vec![0xff, 0xfe]),
            _ => Err(Wrong::new("no such file", format!("{path} is looked for"))),
        }
    }

    fn optional(&self, path: &str) -> Result<Option<Vec<u8>>, Wrong> {
        Ok(self.read(path).ok())
    }

    fn digest(&self, path: &str) -> Result<(Sha256, u64), Wrong> {
        self.read(path).map(|bytes| (Sha256::of(&bytes), bytes.len() as u64))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, Wrong> {
        let names: &[&str] = match folder {
            "good" => &["Makefile", "good.c", "good.ko", "good.mod.c", "Module.symvers"],
            "silent" | "large" => &["Kbuild"],
            "app" => &["main.js"],
            "empty" => &[],
            "binary" => &["Kbuild", "data"],
            "spaces" => &["Kbuild", "a b.c"],
            _ => return Err(Wrong::new("no such folder", format!("{folder} is looked for"))),
        };
        Ok(names.iter().map(|name| (*name).to_owned()).collect())
    }
}

#[test]
fn what_good_files_mean() {
    goldens("ok", |stem, text| {
        let matrix = match Matrix::parse_with(text, &Files) {
            Ok(matrix) => matrix,
            Err(problems) => panic!("{}", diag::render(stem, text, &problems, false)),
        };
        let names: BTreeSet<_> = matrix.cells.iter().flat_map(|cells| cells.names()).map(|(name, _)| name).collect();
        assert_eq!(names.len(), matrix.count());
        summary(&matrix)
    });
}

#[test]
fn what_is_said_about_bad_files() {
    goldens("err", |stem, text| {
        let problems = Matrix::parse_with(text, &Files).unwrap_err();
        assert!(problems.iter().all(|problem| problem.hint.is_some()), "{stem}: a problem without a hint");
        diag::render(&format!("{stem}.toml"), text, &problems, false)
    });
}

fn summary(matrix: &Matrix) -> String {
    let systems: Vec<_> = matrix.systems.iter().map(|system| system.as_str()).collect();
    let prefer: Vec<_> = matrix.prefer.iter().map(|variant| variant.as_str()).collect();
    let mut text = format!("systems {} seed {} prefer {}\n", systems.join(" "), matrix.seed, prefer.join(" "));
    if matrix.ci != crate::service::Ci::default() {
        writeln!(text, "{:?}", matrix.ci).unwrap();
    }
    cells::<MuslGcc>(matrix).iter().for_each(|cell| summarise(&mut text, matrix, cell));
    cells::<Darwin>(matrix).iter().for_each(|cell| summarise(&mut text, matrix, cell));
    cells::<ValgrindDarwin>(matrix).iter().for_each(|cell| summarise(&mut text, matrix, cell));
    cells::<Linux>(matrix).iter().for_each(|cell| summarise(&mut text, matrix, cell));
    text
}

fn summarise<F: Family>(text: &mut String, matrix: &Matrix, cell: &CellOf<F>) {
    writeln!(text, "{cell:?}").unwrap();
    if cell.systems != matrix.systems {
        let systems: Vec<_> = cell.systems.iter().map(|system| system.as_str()).collect();
        writeln!(text, "  only on {}", systems.join(" ")).unwrap();
    }
}

const GOOD: &str = "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[musl-gcc]\n";

#[test]
fn names_are_nix_identifiers() {
    let triples: Vec<_> = MuslTarget::all().iter().map(|target| format!("{:?}", target.triple())).collect();
    let text = format!("{GOOD}targets = [{}]\ngcc = [\"14.2.0\", \"15.3.0\"]\n", triples.join(", "));
    let matrix = Matrix::parse(&text).unwrap();
    assert_eq!(matrix.count(), 2 * MuslTarget::all().len());
    for cell in cells::<MuslGcc>(&matrix) {
        assert!(cell.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{}", cell.name);
    }
}

#[test]
fn large_files_are_refused_before_they_are_read() {
    let text = "#".repeat((1 << 20) + 1);
    let problems = Matrix::parse(&text).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(diag::render("m", &text, &problems, false).len() < 500);
}

/// The worst that a file of the allowed size can do: no stack overflow, no explosion of what is said about it.
#[test]
fn hostile_files_of_full_size_are_survived() {
    let fill = |unit: &str| unit.repeat((1 << 20) / unit.len() - 200);
    let entry = "{ target = \"x86_64-linux-musl\" },";
    let repeated = |count: usize, key: &str| {
        format!(
            "{GOOD}targets = [\"x86_64-linux-musl\"]\n{key} = [{}]",
            iter::repeat_n(entry, count).collect::<String>()
        )
    };
    let texts = [
        fill("["),
        fill("]"),
        format!("a = {}", fill("[")),
        format!("a = {}", fill("{a=")),
        fill("a."),
        fill("\""),
        fill("a = 1\n"),
        fill("[[a]]\n"),
        (0..80_000).map(|n| format!("k{n} = {n}\n")).collect(),
        format!("\"{}\" = 1", fill("x")),
        format!("{GOOD}targets = [\"{}\"]", fill("x")),
        format!("{GOOD}targets = [{}]", fill("\"x86_64-linux-musl\",")),
        repeated(30_000, "exclude"),
        (0..40_000).map(|n| format!("sdk.s{n}.kind = \"file\"\n")).collect(),
        {
            // As many as are read, of the longest name, and words that are none of them.
            let name = |n: usize| format!("{n:0>64}");
            let words: String = (1000..1020).map(|n| format!("\"{}\",", name(n))).collect();
            let sdks: String = (0..100).map(|n| format!("sdk.{}.kind = \"file\"\n", name(n))).collect();
            format!("crossloom = 1\n{sdks}[darwin]\ntargets = [\"x86_64-apple-darwin22\"]\nsdk = [{words}]\n")
        },
        repeated(1000, "include"),
        repeated(1000, "exclude"),
        fill("\n"),
        fill("\0"),
        fill("é"),
    ];
    for text in texts {
        let problems = Matrix::parse(&text).unwrap_err();
        assert!(!problems.is_empty());
        let shown = diag::render("matrix.toml", &text, &problems, false);
        let start: String = text.chars().take(80).collect();
        assert!(shown.len() < 300_000, "{start:?} gives {} bytes", shown.len());
    }
}

#[test]
fn many_sdks_are_one_problem_and_hints_stay_short() {
    let file = |count: usize, word: &str| {
        let sdks: String = (0..count).map(|n| format!("sdk.s{n}.kind = \"file\"\n")).collect();
        format!(
            "crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\n{sdks}[darwin]\ntargets = [\"x86_64-apple-darwin22\"]\n\
             sdk = [{word}]\n"
        )
    };
    let names: Vec<_> = (0..100).map(|n| format!("\"s{n}\"")).collect();
    assert_eq!(Matrix::parse(&file(100, &names.join(", "))).unwrap().imports.len(), 101);
    let problems = Matrix::parse(&file(101, "\"zig\"")).unwrap_err();
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    let said = (problem.message.as_str(), problem.hint.as_deref());
    assert_eq!(said, ("[sdk] has 101 tables", Some("at most 100 are read")));
    let problems = Matrix::parse(&file(100, "\"something-else\"")).unwrap_err();
    let hint = problems[0].hint.as_deref().unwrap();
    assert!(hint.starts_with("known: zig, s0, s1, ") && hint.ends_with(" and 81 more"), "{hint}");
}

/// A matrix with as many cells and as many flags as are allowed.
#[test]
fn the_largest_matrix() {
    let triples: Vec<_> = MuslTarget::all().iter().map(|target| format!("{:?}", target.triple())).collect();
    let text = format!(
        "{GOOD}targets = [{}]\ngcc = [\"14.2.0\", \"14.3.0\", \"15.3.0\"]\nmusl = [\"1.2.5\", \"1.2.6\"]\n\
         binutils = [\"2.44\", \"2.45\", \"2.46.1\", \"2.47\"]\nlinux-headers = [\"6.1.176\", \"6.12.104\"]\n\
         [[musl-gcc.override]]\nmatch = {{}}\ngcc-flags = [{}]\n",
        triples.join(", "),
        "\"-a\", ".repeat(256)
    );
    let matrix = Matrix::parse(&text).unwrap();
    assert_eq!(matrix.count(), MuslTarget::all().len() * 48);
    assert!(cells::<MuslGcc>(&matrix).iter().all(|cell| cell.spec.flags.gcc.len() == 256));
}

#[test]
fn the_committed_schema_is_current() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/matrix.schema.json");
    let text = fs::read_to_string(&committed).unwrap_or_default();
    let fix = "crossloom schema --write generator/data/matrix.schema.json";
    assert!(text == matrix::schema(families::ALL), "generator/data/matrix.schema.json is stale; fix it with: {fix}");
}

/// Writes a document around an entry of a table.
type Write = Box<dyn Fn(&str) -> String>;

/// Every object of the schema: where the schema describes it, and how an entry of it is written.
fn schema_objects() -> Vec<(String, Write)> {
    let mut objects: Vec<(String, Write)> = vec![
        (String::new(), Box::new(|entry| format!("{entry}\n"))),
        ("/properties/build".to_owned(), Box::new(|entry| format!("[build]\n{entry}\n"))),
        ("/properties/sources".to_owned(), Box::new(|entry| format!("[sources]\n{entry}\n"))),
        ("/properties/cache".to_owned(), Box::new(|entry| format!("[cache]\n{entry}\n"))),
        ("/properties/ci".to_owned(), Box::new(|entry| format!("[ci]\n{entry}\n"))),
        (
            "/properties/sdk/patternProperties/^[a-z0-9][a-z0-9-]{0,63}$".to_owned(),
            Box::new(|entry| {
                // Every kind has a key that means nothing to it, so each key goes to the kind that has a use for it.
                let kind = match entry.split(' ').next() {
                    Some("kind") => "",
                    Some("hash") => "kind = \"xnu\"\n",
                    _ => "kind = \"apple\"\n",
                };
                format!("[sdk.a]\n{kind}{entry}\n")
            }),
        ),
        (
            "/properties/kernel-config/patternProperties/^[a-z0-9][a-z0-9-]{0,63}$".to_owned(),
            Box::new(|entry| format!("[kernel-config.a]\n{entry}\n")),
        ),
        (
            "/properties/source/patternProperties/^[a-z0-9][a-z0-9-]{0,63}$".to_owned(),
            Box::new(|entry| format!("[source.a]\n{entry}\n")),
        ),
        (
            "/properties/linux-module/patternProperties/^[a-z0-9][a-z0-9-]{0,63}$".to_owned(),
            Box::new(|entry| format!("[linux-module.a]\n{entry}\n")),
        ),
        (
            "/properties/bare-metal-kernel/patternProperties/^[a-z0-9][a-z0-9-]{0,63}$".to_owned(),
            Box::new(|entry| format!("[bare-metal-kernel.a]\n{entry}\n")),
        ),
        (
            "/properties/js-system-root/patternProperties/^[a-z0-9][a-z0-9-]{0,63}$".to_owned(),
            Box::new(|entry| format!("[js-system-root.a]\n{entry}\n")),
        ),
    ];
    for family in families::ALL {
        let table = format!("/properties/{}", family.about().key);
        let filter = move |list: &str, entry: &str| {
            let (key, target) = (family.about().key, family.targets()[0]);
            format!(
                "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[{key}]\ntargets = [\"{target}\"]\n\
                 {list} = [{{ {entry} }}]\n"
            )
        };
        let header = move |entry: &str| format!("[{}]\n{entry}\n", family.about().key);
        objects.push((table.clone(), Box::new(header)));
        for list in ["exclude", "include", "override"] {
            if list != "override" || !family.overrides().is_empty() {
                let write = move |entry: &str| filter(list, entry);
                objects.push((format!("{table}/properties/{list}/items"), Box::new(write)));
            }
        }
        // Any key of the family's makes the entry one that sets something.
        if let Some(flags) = family.overrides().iter().find(|setting| matches!(setting.kind, Kind::Flags(_))) {
            let set = format!("{} = [\"-x\"]", flags.key);
            let write = move |entry: &str| filter("override", &format!("{set}, match = {{ {entry} }}"));
            objects.push((format!("{table}/properties/override/items/properties/match"), Box::new(write)));
        }
    }
    objects
}

fn said(text: &str) -> Vec<Problem> {
    Matrix::parse(text).err().unwrap_or_default()
}

/// The parser reads every key of the schema (a date is never right, so reading it is seen), and refuses others.
#[test]
fn the_schema_and_the_parser_know_the_same_keys() {
    let schema: Value = serde_json::from_str(&matrix::schema(families::ALL)).unwrap();
    let mut described = 0;
    for (pointer, write) in schema_objects() {
        let object = schema.pointer(&pointer).unwrap();
        assert_eq!(object["additionalProperties"], Value::Bool(false), "{pointer}");
        let properties = object["properties"].as_object().unwrap();
        described += 1;
        for (key, value) in properties {
            assert!(value.is_object(), "{pointer} does not describe {key}");
            let written = if key.starts_with('$') { format!("\"{key}\"") } else { key.clone() };
            let problems = said(&write(&format!("{written} = 1979-05-27")));
            let types = problems.iter().filter(|problem| problem.message.contains("not a datetime")).count();
            assert_eq!(types, 1, "{pointer} {key}: {problems:?}");
            assert!(!problems.iter().any(|problem| problem.message.starts_with("unknown key")), "{problems:?}");
        }
        let problems = said(&write("no-such-key = 1"));
        let unknown: Vec<_> = problems.iter().filter(|problem| problem.message.starts_with("unknown key")).collect();
        assert_eq!(unknown.len(), 1, "{pointer}: {problems:?}");
        // With so far a name the hint lists what the parser does know.
        let hint = unknown[0].hint.clone().unwrap();
        let known: BTreeSet<_> = hint.trim_start_matches("known here: ").split(", ").map(str::to_owned).collect();
        assert_eq!(known, properties.keys().cloned().collect(), "{pointer}");
    }
    // And [source], [sdk], [kernel-config], [linux-module], [bare-metal-kernel] and [js-system-root], whose keys are the
    // user's; four tables of targets, in place of a kernel's linker script, target file, ways to boot and exit status; and a
    // kernel's git hashes with the table of one, and its variables.
    assert_eq!(matrix::schema(families::ALL).matches("\"additionalProperties\"").count(), described + 6 + 4 + 3);
}

/// Editors find the schema by a key or by a comment, and neither changes what the file means.
#[test]
fn a_matrix_may_name_its_schema() {
    let plain = "crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\nmusl-gcc.targets = [\"x86_64-linux-musl\"]\n";
    let parse = |text: &str| Matrix::parse(text).unwrap();
    let named = parse(&format!("\"$schema\" = \"./matrix.schema.json\"\n{plain}"));
    assert_eq!(format!("{named:?}"), format!("{:?}", parse(plain)));
    for family in families::ALL {
        let first = matrix::first_matrix(*family, family.about().example_target, System::X86_64Linux);
        assert!(first.starts_with("#:schema ./matrix.schema.json\n"), "{first}");
    }
}

/// Every word that the schema offers is one that the parser takes.
#[test]
fn the_schema_and_the_parser_know_the_same_words() {
    let schema: Value = serde_json::from_str(&matrix::schema(families::ALL)).unwrap();
    let family = &schema["properties"]["musl-gcc"]["properties"];
    let list = |value: &Value| value["items"]["enum"].to_string();
    let text = format!(
        "crossloom = {}\n[build]\nsystems = {}\nseed = {}\n[sources]\nprefer = {}\n[ci]\nsurfaces = {}\n\
         [musl-gcc]\ntargets = {}\nlanguages = {}\n",
        schema["properties"]["crossloom"]["const"],
        list(&schema["properties"]["build"]["properties"]["systems"]),
        schema["properties"]["build"]["properties"]["seed"]["enum"][1],
        list(&schema["properties"]["sources"]["properties"]["prefer"]),
        list(&schema["properties"]["ci"]["properties"]["surfaces"]),
        list(&family["targets"]),
        list(&family["languages"]),
    );
    let matrix = Matrix::parse(&text).unwrap();
    assert_eq!(matrix.count(), MuslTarget::all().len());
    assert_eq!(matrix.ci.surfaces.len(), Surface::ALL.len());
    for family in families::ALL {
        let properties = &schema["properties"][family.about().key]["properties"];
        let targets: Vec<String> = serde_json::from_value(properties["targets"]["items"]["enum"].clone()).unwrap();
        assert_eq!(targets, family.targets());
        for axis in family.axes() {
            let items = &properties[axis.key]["items"];
            let known = axis.known();
            match axis.values {
                // The names are the user's; a pattern describes them.
                Values::Names(_) => assert!(items["pattern"].is_string()),
                Values::Words(_) => assert_eq!(items["enum"], serde_json::json!(known), "{}", axis.key),
                // Beside those of the catalogue, shorthands, and versions of the user's; a pattern describes them.
                Values::Releases(_) => {
                    assert_eq!(items["anyOf"][0]["enum"], serde_json::json!(known), "{}", axis.key);
                    assert_eq!(items["anyOf"][1]["const"], crate::catalogue::LATEST);
                    assert!(items["anyOf"][2]["pattern"].is_string());
                }
            }
            assert_eq!(properties[axis.key]["default"], serde_json::json!([known[0]]), "{}", axis.key);
            for word in &known {
                let (key, target) = (family.about().key, family.targets()[0]);
                let text = format!(
                    "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[{key}]\ntargets = [\"{target}\"]\n\
                     {} = [\"{word}\"]\n",
                    axis.key
                );
                let unknown = said(&text).into_iter().find(|problem| {
                    problem.message.contains("not in the catalogue") || problem.message.starts_with("unknown")
                });
                assert_eq!(unknown, None, "{text}");
            }
        }
    }
}
