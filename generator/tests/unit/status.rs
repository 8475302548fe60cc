//! docs/status.md and the README's table of families are written from data: `data/results.toml` and the catalogue.
//!
//! `CROSSLOOM_BLESS=1 cargo test --lib status` writes both. No other page may hold a figure that the data lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::project::{matrix, planned, repository};
use crate::catalogue::{Built, catalogue};
use crate::families::ALL;
use crate::matrix::first_matrix;
use crate::plan::{Cell, Check, Shell};
use crate::platform::{Seed, System};
use crate::seed::{SeedLock, Tier};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Results {
    reached: Vec<Reached>,
    proof: Vec<Proof>,
    beyond: Vec<Beyond>,
    evaluated: Vec<Dated>,
    refused: Vec<Dated>,
    cost: Vec<Cost>,
    bench: Vec<Bench>,
    kernel: Vec<Kernel>,
    nix: Vec<Nix>,
    seed: Vec<OfSeeds>,
    variation: Vec<Variation>,
    generation: Vec<Generation>,
    system: Vec<OfSystem>,
    toolchain: Vec<Toolchain>,
}

/// How far cells of a family were tested, in a few words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reached {
    family: String,
    how: String,
}

/// How cells that the catalogue lists as built were tested.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    family: String,
    target: String,
    #[serde(default)]
    words: BTreeMap<String, String>,
    #[serde(default)]
    releases: BTreeMap<String, String>,
    how: String,
    command: Option<String>,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beyond {
    what: String,
    how: String,
    command: String,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dated {
    what: String,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    what: String,
    figure: String,
    command: String,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bench {
    step: String,
    few: Load,
    many: Load,
    command: String,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    ms: u32,
    mib: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kernel {
    target: String,
    linux: String,
    config: String,
    compiler: String,
    user: u32,
    system: u32,
    process: u32,
    image: f64,
    vmlinux: f64,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nix {
    version: String,
    suite: String,
    passed: BTreeSet<NixStep>,
    derivations: u32,
    command: String,
    date: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum NixStep {
    Evaluation,
    Derivations,
    Builds,
    Project,
    Apps,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfSeeds {
    cell: String,
    /// The version of GCC, of a toolchain for musl.
    gcc: Option<String>,
    files: u32,
    different: u32,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Variation {
    node: String,
    files: Option<u32>,
    build_ids: Option<u32>,
    differs: Option<String>,
    #[serde(default)]
    each: bool,
    date: String,
}

/// Valgrind for one generation of macOS, as `checks/generations.sh` saw it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Generation {
    target: String,
    macos: String,
    valgrind: String,
    /// Tools that ran on an emulated processor.
    tools: u32,
    /// Whether memcheck found the planted bugs, and nothing else.
    bugs_found: bool,
    /// Symbols that were resolved as dyld does.
    symbols: u32,
    /// The nodes that were built again, and how many of them came out different.
    again: Option<Nodes>,
    other_seed: Option<Compared>,
    date: String,
}

/// A system whose first process is JavaScript, as `checks/systems.py` saw it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OfSystem {
    target: String,
    runtime: String,
    /// Bytes.
    kernel: u64,
    initramfs: u64,
    disk: Option<u64>,
    /// Seconds to the prompt in an emulator.
    prompt: f64,
    /// MiB in use at the prompt.
    memory: u32,
    /// Seconds that the kernel and the runtime took to build.
    seconds: Option<[u32; 2]>,
    /// The system's own nodes, without toolchains, and how many of them a second build made otherwise.
    again: Option<Nodes>,
    date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nodes {
    nodes: u32,
    different: u32,
}

/// A GCC for musl that `checks/targets.py` built, or tried to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Toolchain {
    target: String,
    releases: BTreeMap<String, String>,
    derivation: String,
    seconds: Option<u32>,
    #[serde(default)]
    runners: Vec<String>,
    #[serde(default)]
    c: BTreeSet<Way>,
    #[serde(default)]
    cxx: BTreeSet<Way>,
    #[serde(default)]
    torture: Vec<Torture>,
    again: Option<String>,
    other_seed: Option<Compared>,
    #[serde(default)]
    stopped: Vec<String>,
    date: String,
}

/// A way in which a program was linked and ran.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Way {
    #[serde(rename = "static")]
    Static,
    #[serde(rename = "static PIE")]
    StaticPie,
    #[serde(rename = "dynamic")]
    Dynamic,
    #[serde(rename = "dynamic PIE")]
    DynamicPie,
}

/// How many of GCC's torture tests in one folder passed at one level. The level is `own` where each test sets its own
/// options.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Torture {
    suite: String,
    level: String,
    passed: u32,
    failed: u32,
    unsupported: u32,
}

/// Files of a toolchain for its target, and how many of them another seed made otherwise.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compared {
    files: u32,
    different: u32,
}

fn results() -> Results {
    toml::from_str(include_str!("../../data/results.toml")).unwrap()
}

impl Proof {
    fn is_of(&self, built: &Built) -> bool {
        let within = |mine: &BTreeMap<String, String>, whole: &BTreeMap<String, String>| {
            mine.iter().all(|(key, value)| whole.get(key) == Some(value))
        };
        (&self.family, &self.target) == (&built.family, &built.target)
            && within(&self.words, &built.words)
            && within(&self.releases, &built.releases)
    }
}

impl Toolchain {
    /// Whether it is of this cell of the catalogue, and its programs ran.
    fn is_of(&self, built: &Built) -> bool {
        let same =
            (built.family.as_str(), &built.target, &built.releases) == ("musl-gcc", &self.target, &self.releases);
        same && built.words.is_empty() && !self.c.is_empty()
    }

    /// Whether programs in every language that ran at all were linked in one of these ways.
    fn ran(&self, ways: &[Way]) -> &'static str {
        let is_in = |of: &&BTreeSet<Way>| of.iter().any(|way| ways.contains(way));
        let languages: Vec<_> = [&self.c, &self.cxx].into_iter().filter(|of| !of.is_empty()).collect();
        yes(!languages.is_empty() && languages.iter().all(is_in))
    }

    /// The sum of the counts of torture tests that are meant.
    fn counts(&self, is_meant: impl Fn(&Torture) -> bool) -> String {
        let meant: Vec<_> = self.torture.iter().filter(|torture| is_meant(torture)).collect();
        if meant.is_empty() {
            return NOT_YET.to_owned();
        }
        let sum = |of: fn(&Torture) -> u32| meant.iter().map(|torture| of(torture)).sum::<u32>();
        let (passed, failed, unsupported) = (sum(|it| it.passed), sum(|it| it.failed), sum(|it| it.unsupported));
        let parts = [(failed, "failed, as known"), (unsupported, "unsupported")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
        format!("{passed} of {}{}", passed + failed + unsupported, parts.collect::<String>())
    }

    fn c_counts(&self, level: &str) -> String {
        self.counts(|it| it.suite.starts_with("gcc.") && it.level == level)
    }
}

impl Nodes {
    fn outcome(&self) -> String {
        match self.different {
            0 => format!("identical ({} nodes)", self.nodes),
            different => format!("{different} of {} nodes differ", self.nodes),
        }
    }
}

impl Variation {
    fn outcome(&self) -> String {
        match (&self.differs, self.files, self.build_ids) {
            (Some(why), None, None) => format!("differs, as known: {why}"),
            (None, Some(1), None) => "identical (1 file)".to_owned(),
            (None, Some(files), None) => format!("identical ({files} files)"),
            (None, Some(files), Some(ids)) => format!("identical ({files} files; {ids} differ only in build IDs)"),
            _ => panic!("{}: either it differs or it has a count of files", self.node),
        }
    }
}

/// In a table: nobody did this yet.
const NOT_YET: &str = "–";

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { NOT_YET }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn heading(text: &mut String, title: &str, columns: &[&str]) {
    writeln!(text, "\n## {title}").unwrap();
    head(text, columns);
}

fn head(text: &mut String, columns: &[&str]) {
    writeln!(text, "\n| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len())).unwrap();
}

fn row(text: &mut String, cells: &[&str]) {
    writeln!(text, "| {} |", cells.join(" | ")).unwrap();
}

fn command(command: Option<&String>) -> String {
    command.map_or_else(|| "not recorded".to_owned(), |command| code(command))
}

/// By family: how many targets there are, which of them were built, of which releases, and how far they were tested. A short
/// table has the number of those that were built in the place of their names.
fn families(short: bool) -> String {
    let mut text = String::new();
    head(&mut text, &["family", "targets", if short { "tested" } else { "tested targets" }, "how far", "with"]);
    for family in ALL {
        let about = family.about();
        let built: Vec<&Built> = catalogue().built().iter().filter(|built| built.family == about.key).collect();
        let targets: BTreeSet<&str> = built.iter().map(|built| built.target.as_str()).collect();
        // Which targets were built of a release.
        let mut releases: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for built in &built {
            for (package, version) in &built.releases {
                releases.entry((package, version)).or_default().insert(&built.target);
            }
        }
        let with: Vec<String> = releases
            .iter()
            .map(|((package, version), of)| match of == &targets {
                true => format!("{package} {version}"),
                false => format!("{package} {version} ({} only)", of.iter().copied().collect::<Vec<_>>().join(", ")),
            })
            .collect();
        let tested = match short {
            true => targets.len().to_string(),
            false => targets.into_iter().map(code).collect::<Vec<_>>().join(", "),
        };
        let reached = results().reached.into_iter().find(|reached| reached.family == about.key);
        let how = reached.unwrap_or_else(|| panic!("no [[reached]] of {}", about.key)).how;
        let count = family.targets().len().to_string();
        row(&mut text, &[&code(about.key), &count, &tested, &how, &with.join("; ")]);
    }
    text.trim_start().to_owned()
}

/// By family: the tiers of the seed beside its base that its first matrix takes packages from.
fn tiers() -> String {
    let mut text = String::new();
    head(&mut text, &["family", "cells", "development shells", "checks"]);
    for family in ALL {
        let plan = planned(&matrix(&first_matrix(*family, family.about().example_target, System::X86_64Linux)));
        let plan = &plan.systems[&System::X86_64Linux];
        let nodes = |names: Vec<&str>| plan.tiers_of(names);
        let cells = nodes(plan.cells.iter().filter_map(Cell::node).collect());
        let more = |tiers: BTreeSet<Tier>| {
            let more: Vec<String> = tiers.difference(&cells).map(|tier| code(tier.as_str())).collect();
            if more.is_empty() { "no others".to_owned() } else { format!("also {}", more.join(", ")) }
        };
        let shells = plan.cells.iter().filter_map(|cell| cell.shell.as_ref()).flat_map(Shell::tiers).collect();
        let of_check = |check: &Check| &check.tiers | &nodes(check.nodes().map(String::as_str).collect());
        let checks = plan.checks.iter().flat_map(of_check).collect();
        let own: Vec<String> = cells.iter().map(|tier| code(tier.as_str())).collect();
        let own = if own.is_empty() { "no others".to_owned() } else { own.join(", ") };
        row(&mut text, &[&code(family.about().key), &own, &more(shells), &more(checks)]);
    }
    text
}

fn compared(files: u32, different: u32) -> String {
    match different {
        0 => format!("identical ({files} files)"),
        _ => format!("{different} of {files} files differ"),
    }
}

/// Valgrind, one row for each generation of macOS.
fn generations(text: &mut String, results: &Results) {
    let columns = [
        "target",
        "macOS",
        "Valgrind",
        "built",
        "tools that ran",
        "memcheck finds the bugs",
        "symbols that dyld resolves",
        "second build",
        "second seed",
        "date",
    ];
    heading(text, "Valgrind for each macOS", &columns);
    for it in &results.generation {
        let again = it.again.as_ref().map(Nodes::outcome);
        let seed = it.other_seed.as_ref().map(|it| compared(it.files, it.different));
        row(
            text,
            &[
                &code(&it.target),
                &it.macos,
                &it.valgrind,
                "yes",
                &it.tools.to_string(),
                yes(it.bugs_found),
                &it.symbols.to_string(),
                again.as_deref().unwrap_or(NOT_YET),
                seed.as_deref().unwrap_or(NOT_YET),
                &it.date,
            ],
        );
    }
    text.push_str(
        "\n`checks/generations.sh CROSSLOOM` does all of this and prints these figures. The tools are Valgrind's ten; they ran on an\n\
         emulated processor. Nobody has run them on a Mac. A second build, and one from the other seed, are of Valgrind and both\n\
         its archives; the second build also of its compiler.\n",
    );
}

/// Systems whose first process is JavaScript, one row for each target and runtime.
fn systems(text: &mut String, results: &Results) {
    let columns = [
        "target",
        "runtime",
        "kernel",
        "initramfs",
        "disk image",
        "prompt after",
        "memory in use",
        "kernel and runtime built in",
        "second build",
        "date",
    ];
    heading(text, "Systems in JavaScript", &columns);
    for it in &results.system {
        let bytes = |count: u64| format!("{count} bytes");
        row(
            text,
            &[
                &code(&it.target),
                &it.runtime,
                &bytes(it.kernel),
                &bytes(it.initramfs),
                it.disk.map(bytes).as_deref().unwrap_or(NOT_YET),
                &format!("{} s", it.prompt),
                &format!("{} MiB", it.memory),
                it.seconds.map(|[kernel, runtime]| format!("{kernel} + {runtime} s")).as_deref().unwrap_or(NOT_YET),
                it.again.as_ref().map(Nodes::outcome).as_deref().unwrap_or(NOT_YET),
                &it.date,
            ],
        );
    }
    text.push_str(
        "\n`checks/systems.py --again CROSSLOOM [MATRIX]` prints these figures, of systems with a REPL alone, in an emulator on a machine with two cores\n\
         that may have had other work. The same figures of NodeOS are not known.\n",
    );
}

/// Toolchains for musl, one row for each target and its releases.
fn toolchains(text: &mut String, results: &Results) {
    let columns = [
        "target",
        "versions",
        "C",
        "C++",
        "static",
        "dynamic",
        "static PIE",
        "torture at -O0",
        "torture at -O2",
        "torture in C++",
        "second build",
        "second seed",
        "run by",
        "built in",
        "derivation",
        "date",
    ];
    heading(text, "Toolchains for musl", &columns);
    for it in &results.toolchain {
        let releases: Vec<String> =
            it.releases.iter().map(|(package, version)| format!("{package} {version}")).collect();
        // Comparisons from before there was this table are in that of seeds, with their date.
        let is_of = |seed: &&OfSeeds| {
            seed.cell == format!("musl-gcc-{}", it.target) && seed.gcc.as_ref() == it.releases.get("gcc")
        };
        let elsewhere = results.seed.iter().find(is_of);
        let own = it.other_seed.as_ref().map(|it| compared(it.files, it.different));
        let seed = own.or_else(|| elsewhere.map(|it| format!("{}, on {}", compared(it.files, it.different), it.date)));
        row(
            text,
            &[
                &code(&it.target),
                &releases.join(", "),
                yes(!it.c.is_empty()),
                yes(!it.cxx.is_empty()),
                it.ran(&[Way::Static]),
                it.ran(&[Way::Dynamic, Way::DynamicPie]),
                it.ran(&[Way::StaticPie]),
                &it.c_counts("-O0"),
                &it.c_counts("-O2"),
                &it.counts(|it| !it.suite.starts_with("gcc.")),
                it.again.as_deref().unwrap_or(NOT_YET),
                seed.as_deref().unwrap_or(NOT_YET),
                &if it.runners.is_empty() { NOT_YET.to_owned() } else { it.runners.join(", ") },
                &it.seconds.map_or_else(|| NOT_YET.to_owned(), |seconds| format!("{} min", seconds.div_ceil(60))),
                &code(&it.derivation),
                &it.date,
            ],
        );
    }
    let stopped: Vec<_> = results.toolchain.iter().filter(|it| !it.stopped.is_empty()).collect();
    if !stopped.is_empty() {
        head(text, &["target", "what stopped it", "date"]);
    }
    for it in stopped {
        row(text, &[&code(&it.target), &it.stopped.join("; ").replace('|', "\\|"), &it.date]);
    }
    let targets: BTreeSet<&str> =
        results.toolchain.iter().filter(|it| !it.c.is_empty()).map(|it| it.target.as_str()).collect();
    let all = ALL.iter().find(|family| family.about().key == "musl-gcc").map_or(0, |family| family.targets().len());
    write!(
        text,
        "\n{} of {all} targets. `make nightly TARGETS=…` builds targets and writes this table's data: a toolchain, the check\n\
         `programs-…` and, if asked, `torture-…`, a second build in the same place, and one from the other seed. `–` stands for\n\
         what nobody did or recorded. Torture counts are of GCC's own tests: of the programs in `gcc.c-torture/execute` and, where C++\n\
         has a count, in its folders `builtins` and `ieee`; in C++ of tests at all levels together. Times are of a machine with\n\
         two cores that may have had other work. A row is of its date and of the derivation that it names:\n\
         recipes may have changed since.\n",
        targets.len(),
    )
    .unwrap();
}

fn status() -> String {
    let results = results();
    let mut text = String::from(
        "# Status\n\n\
         <!-- Written by `CROSSLOOM_BLESS=1 cargo test --lib status` from generator/data/results.toml and catalogue.toml. -->\n\n\
         crossloom's authors built, ran, compared and measured everything on this page, on x86_64-linux, with the sources as\n\
         Debian's archive holds them (`prefer = [\"debian\", \"upstream\"]`, which `crossloom init` writes). Nobody has built any\n\
         other cell with the catalogue's own settings; tests render and evaluate it. Some nodes of other targets were built as\n\
         parts of kernels, such as `gcc-14_2_0-aarch64-linux-musl`.\n\n\
         `crossloom plan` prints `tested` beside a cell if this page lists it, its sources are locked with the same hashes, and\n\
         it is built on x86_64-linux from the default seed. The word says nothing about the recipes: it stays when a recipe\n\
         changes later. A date is the day on which the result was recorded; the commit of crossloom was not recorded.\n\n\
         ## Families\n\n",
    );
    text.push_str(&families(false));
    text.push_str("\nNo family has targets with glibc: Linux programs are built with musl. Exherbo's and most distributions' own targets use glibc.\n");

    heading(&mut text, "Cells that were built and tested", &["cell", "versions", "how", "command", "date"]);
    for built in catalogue().built() {
        let words: Vec<String> = built.words.iter().map(|(axis, word)| format!(", {axis} {}", code(word))).collect();
        let cell = format!("{} {}{}", code(&built.family), code(&built.target), words.concat());
        let releases: Vec<String> =
            built.releases.iter().map(|(package, version)| format!("{package} {version}")).collect();
        for proof in results.proof.iter().filter(|proof| proof.is_of(built)) {
            let command = command(proof.command.as_ref());
            row(&mut text, &[&cell, &releases.join(", "), &proof.how, &command, &proof.date]);
        }
    }

    toolchains(&mut text, &results);
    generations(&mut text, &results);
    systems(&mut text, &results);

    heading(&mut text, "Also built", &["what", "how", "command", "date"]);
    for beyond in &results.beyond {
        row(&mut text, &[&beyond.what, &beyond.how, &code(&beyond.command), &beyond.date]);
    }

    heading(&mut text, "Rendered and evaluated only", &["what", "date"]);
    for Dated { what, date } in &results.evaluated {
        row(&mut text, &[what, date]);
    }

    heading(&mut text, "Refused", &["what", "date"]);
    for Dated { what, date } in &results.refused {
        row(&mut text, &[what, date]);
    }

    heading(&mut text, "Time and disk", &["what", "figure", "command", "date"]);
    for cost in &results.cost {
        row(&mut text, &[&cost.what, &cost.figure, &code(&cost.command), &cost.date]);
    }

    text.push_str(
        "\nThe seed is downloaded once, and only the tiers that a matrix needs. `crossloom seed show` prints these figures,\n\
         here of Debian 12 for x86_64-linux:\n",
    );
    head(&mut text, &["tier", "packages", "download"]);
    for (tier, size) in SeedLock::built_in(Seed::Bookworm, System::X86_64Linux).unwrap().sizes() {
        let megabytes = format!("{:.1} MB", size.bytes as f64 / 1e6);
        row(&mut text, &[tier.as_str(), &size.packages.to_string(), &megabytes]);
    }
    text.push_str(
        "\nEverything on Linux needs the tier `base`. Beside it, the matrices that `crossloom init --family` writes need these\n\
         (the check `programs-…` of a foreign musl target also `emulator`, the flavour `osxcross` also `osxcross`):\n",
    );
    text.push_str(&tiers());

    heading(
        &mut text,
        "Generation and evaluation",
        &[
            "step",
            "6 cells (the quickstart's)",
            "218 cells (every target, in several versions)",
            "ratio",
            "command",
            "date",
        ],
    );
    for bench in &results.bench {
        let load = |load: &Load| format!("{} ms, {} MiB", load.ms, load.mib);
        let ratio = format!("{:.1}", f64::from(bench.many.ms) / f64::from(bench.few.ms));
        let command = code(&bench.command);
        row(&mut text, &[&bench.step, &load(&bench.few), &load(&bench.many), &ratio, &command, &bench.date]);
    }
    text.push_str("\nMedians of five in one run. The machine's speed varies, so look at the ratio.\n");

    heading(
        &mut text,
        "Kernels in numbers",
        &["kernel", "configuration", "compiler", "user and system CPU", "largest process", "image", "vmlinux", "date"],
    );
    for kernel in &results.kernel {
        row(
            &mut text,
            &[
                &format!("{}, {}", kernel.target, kernel.linux),
                &kernel.config,
                &kernel.compiler,
                &format!("{} + {} s", kernel.user, kernel.system),
                &format!("{} MB", kernel.process),
                &format!("{:.1} MB", kernel.image),
                &format!("{:.1} MB", kernel.vmlinux),
                &kernel.date,
            ],
        );
    }
    text.push_str("\nMeasured on two cores that had other work, too. The command was not recorded.\n");

    heading(
        &mut text,
        "Nix versions",
        &[
            "Nix",
            "flake, examples",
            "all derivations",
            "builds",
            "again, shell, template",
            "nix run, nix fmt",
            "derivations compared",
            "command",
            "date",
        ],
    );
    for nix in &results.nix {
        let passed = |step| if nix.passed.contains(&step) { "passed" } else { "not passed" };
        row(
            &mut text,
            &[
                &format!("{} ({})", nix.version, nix.suite),
                passed(NixStep::Evaluation),
                passed(NixStep::Derivations),
                passed(NixStep::Builds),
                passed(NixStep::Project),
                passed(NixStep::Apps),
                &nix.derivations.to_string(),
                &code(&nix.command),
                &nix.date,
            ],
        );
    }
    text.push_str(
        "\n[Nix versions](nix-versions.md) says what each column stands for, and what differs between the versions.\n",
    );

    heading(
        &mut text,
        "The same bits from another seed",
        &["cell", "files for the target", "identical", "different", "date"],
    );
    for cell in &results.seed {
        let identical = cell.files.checked_sub(cell.different).unwrap().to_string();
        row(
            &mut text,
            &[&code(&cell.cell), &cell.files.to_string(), &identical, &cell.different.to_string(), &cell.date],
        );
    }
    text.push_str(
        "\nThe cells were built with Debian 12's programs and with Debian 13's, and compared file by file, with permissions and\n\
         links: `make seeds` compares what the store holds under both, `checks/seeds.sh CROSSLOOM --build CELL…` builds the rest.\n\
         For kernels only the bootable files were compared, not `kdir` or the indexes that depmod writes. Other kernels and\n\
         modules were not compared.\n",
    );

    heading(&mut text, "The same bits under other circumstances", &["node", "all circumstances together", "date"]);
    for variation in &results.variation {
        row(&mut text, &[&code(&variation.node), &variation.outcome(), &variation.date]);
    }
    let each: Vec<String> = results.variation.iter().filter(|node| node.each).map(|node| code(&node.node)).collect();
    write!(
        text,
        "\n`make variations` builds every node in the store again and compares every file of every output: in another directory,\n\
         on one core, in another time zone, locale, home and umask, on a host and a kernel of another name, seven years later,\n\
         with directories read backwards, addresses at random, and undeclared programs on PATH that fail when they are called.\n\
         The names of outputs are made the same before files are compared. A program that embeds its store path gets a different\n\
         build ID, so build IDs are ignored there. Ten hexadecimal digits after a kernel's name stand for a custom configuration.\n\
         [Reproducibility](../ARCHITECTURE.md#reproducibility) says what variations do not see.\n\n\
         `VARIATIONS=--each` tries the circumstances one by one. These nodes were identical under each of them: {}.\n",
        each.join(", ")
    )
    .unwrap();
    text
}

/// Compares a file with what it should hold, or with `CROSSLOOM_BLESS=1` writes it.
fn current(path: &str, now: &str) {
    let file = repository().join(path);
    if std::env::var_os("CROSSLOOM_BLESS").is_some() {
        fs::write(&file, now).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == now, "{path} is stale: CROSSLOOM_BLESS=1 cargo test --lib status writes it");
}

#[test]
fn the_status_page_is_what_the_data_gives() {
    current("docs/status.md", &status());
}

#[test]
fn the_readme_counts_targets_as_the_data_does() {
    const BEGIN: &str = "<!-- families: begin (written by CROSSLOOM_BLESS=1 cargo test --lib status) -->\n";
    const END: &str = "<!-- families: end -->\n";
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("README.md has a table of families");
    let (_, after) = rest.split_once(END).expect("its end is marked");
    current("README.md", &format!("{before}{BEGIN}{}{END}{after}", families(true)));
    // A family more makes the table longer, and the rest no longer than a reader has patience for.
    let lines = before.lines().count() + after.lines().count();
    assert!(lines <= 84, "README.md has {lines} lines beside its table of families");
}

#[test]
fn every_built_cell_was_tested_and_every_test_was_of_one() {
    let results = results();
    for built in catalogue().built() {
        let proved = results.proof.iter().any(|proof| proof.is_of(built));
        let recorded = results.toolchain.iter().any(|toolchain| toolchain.is_of(built));
        assert!(proved || recorded, "no [[proof]] of {built:?}");
    }
    for toolchain in results.toolchain.iter().filter(|toolchain| !toolchain.c.is_empty()) {
        let stands = catalogue().built().iter().any(|built| toolchain.is_of(built));
        assert!(stands, "no [[built]] for the toolchain of {}", toolchain.target);
    }
    for it in &results.generation {
        let stands = catalogue().built().iter().any(|built| {
            (built.family.as_str(), &built.target) == ("valgrind-darwin", &it.target)
                && built.releases.get("valgrind") == Some(&it.valgrind)
        });
        assert!(stands, "no [[built]] for Valgrind of {}", it.target);
    }
    for proof in &results.proof {
        let stands = catalogue().built().iter().any(|built| proof.is_of(built));
        assert!(stands, "no [[built]] for the proof of {} {}", proof.family, proof.target);
    }
}

#[test]
fn results_are_dated_and_named_once() {
    let results = results();
    let dates: Vec<&str> = (results.proof.iter().map(|it| &it.date))
        .chain(results.beyond.iter().map(|it| &it.date))
        .chain(results.evaluated.iter().map(|it| &it.date))
        .chain(results.refused.iter().map(|it| &it.date))
        .chain(results.cost.iter().map(|it| &it.date))
        .chain(results.bench.iter().map(|it| &it.date))
        .chain(results.kernel.iter().map(|it| &it.date))
        .chain(results.nix.iter().map(|it| &it.date))
        .chain(results.seed.iter().map(|it| &it.date))
        .chain(results.variation.iter().map(|it| &it.date))
        .chain(results.generation.iter().map(|it| &it.date))
        .chain(results.system.iter().map(|it| &it.date))
        .chain(results.toolchain.iter().map(|it| &it.date))
        .map(String::as_str)
        .collect();
    for date in dates {
        let parts: Vec<&str> = date.split('-').collect();
        let digits = parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit()));
        assert!(digits && parts.iter().map(|part| part.len()).eq([4, 2, 2]), "{date}");
    }
    let mut nodes = BTreeSet::new();
    assert!(results.variation.iter().all(|it| nodes.insert(&it.node)));
    let mut cells = BTreeSet::new();
    assert!(results.seed.iter().all(|it| cells.insert(&it.cell)));
    let mut generations = BTreeSet::new();
    assert!(results.generation.iter().all(|it| generations.insert((&it.target, &it.valgrind))));
    let mut toolchains = BTreeSet::new();
    assert!(results.toolchain.iter().all(|it| toolchains.insert((&it.target, &it.releases))));
}

/// Pages that people write. What they say of builds has to be in the data.
fn pages() -> Vec<PathBuf> {
    let docs = repository().join("docs");
    let names = ["README.md", "valgrind-darwin.md", "kernels-from-macos.md", "breenix.md", "machines.md"];
    let mut pages: Vec<PathBuf> = names.iter().map(|name| docs.join(name)).collect();
    pages.push(repository().join("README.md"));
    pages.extend(fs::read_dir(docs.join("how-to")).unwrap().map(|entry| entry.unwrap().path()));
    pages.sort();
    pages
}

/// Figures with a unit: `383 MB`, `17 minutes`, `348 files`.
fn figures(text: &str) -> Vec<String> {
    const UNITS: &[&str] = &[
        "ms", "s", "second", "seconds", "minute", "minutes", "hour", "hours", "KB", "MB", "GB", "KiB", "MiB", "GiB",
        "file", "files", "%",
    ];
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || "|()*,;:`".contains(c)).filter(|word| !word.is_empty()).collect();
    let number = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_digit()) && word.trim_end_matches('.').parse::<f64>().is_ok()
    };
    let pairs = words.windows(2).filter_map(|pair| match pair {
        [figure, unit] if number(figure) && UNITS.contains(&unit.trim_end_matches('.')) => {
            Some(format!("{figure} {}", unit.trim_end_matches('.')))
        }
        _ => None,
    });
    // Written together, as `383MB` or `17s`.
    let joined = words.iter().filter_map(|word| {
        let split = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (figure, unit) = word.split_at(split);
        let unit = unit.trim_end_matches('.');
        (number(figure) && UNITS.contains(&unit)).then(|| format!("{figure} {unit}"))
    });
    pairs.chain(joined).collect()
}

/// What a page says of results that the data does not hold: figures, and bits that are called identical without a link
/// to the page that tells which. A state that a command prints stands in backticks and is left alone.
fn unfounded(page: &str, status: &BTreeSet<String>) -> Vec<String> {
    let mut found: Vec<String> = figures(page).into_iter().filter(|figure| !status.contains(figure)).collect();
    for paragraph in page.split("\n\n") {
        let bare = paragraph.replace("`identical`", "");
        if bare.contains("identical") && !paragraph.contains("status.md") {
            found.push(format!("identical: {paragraph}"));
        }
    }
    found
}

#[test]
fn no_page_has_a_figure_of_its_own() {
    let known: BTreeSet<String> = figures(&status()).into_iter().collect();
    let mut found = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        found.extend(unfounded(&text, &known).into_iter().map(|what| format!("{}: {what}", page.display())));
    }
    assert!(found.is_empty(), "not in generator/data/results.toml:\n{}", found.join("\n"));
}

/// The test above can fail.
#[test]
fn a_figure_that_no_data_holds_is_seen() {
    let known: BTreeSet<String> =
        figures("took 383 MB, 17 minutes, 341 + 70 s; identical (348 files)").into_iter().collect();
    assert_eq!(known.len(), 4);
    for fine in [
        "It takes 17 minutes.",
        "| 383 MB |",
        "`identical` is a state",
        "identical, see [status](status.md)",
        "GCC 14.2.0",
    ] {
        assert!(unfounded(fine, &known).is_empty(), "{fine}");
    }
    for wrong in ["It takes 18 minutes.", "(384 MB)", "70 MB", "17s", "2.5 GB", "every file is identical", "99 %"] {
        assert!(!unfounded(wrong, &known).is_empty(), "{wrong}");
    }
}
