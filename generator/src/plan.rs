//! What has to be built for a matrix, and from what: a graph of nodes per build system, each after those it needs.
//!
//! A node is one call of one recipe (`overlays/recipes/<recipe>.nix`) with literal arguments. Its name says its role, its
//! version and its target, never a stage number, and depends on nothing but what the node is: the same node of two
//! cells is one node.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::lock::{Lock, LockError, LockedSource, source_name};
use crate::matrix::{Flags, Matrix, MuslGccCell};
use crate::nix::hash::Sha256;
use crate::target::{Seed, System};

/// The libraries that GCC's host programs are linked with, always at the catalogue's default version.
const HOST_LIBRARIES: [&str; 3] = ["gmp", "mpfr", "mpc"];

/// Everything that is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Which seed Linux build systems build from.
    pub seed: Seed,
    /// By build system, in the order of their names.
    pub systems: BTreeMap<System, SystemPlan>,
    /// Every source that a node names.
    pub sources: BTreeMap<String, LockedSource>,
}

/// The nodes and cells of one build system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SystemPlan {
    /// Sorted so that a node stands after those it needs.
    pub nodes: Vec<Node>,
    /// What the user asked for.
    pub cells: Vec<Cell>,
    /// What proves that it works.
    pub checks: Vec<Check>,
}

/// One call of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its Nix attribute: letters, digits, `-` and `_`.
    pub name: String,
    /// The recipe's file name without `.nix`.
    pub recipe: &'static str,
    /// By name of the recipe's argument.
    pub args: BTreeMap<&'static str, Arg>,
}

/// What a recipe is called with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Arg {
    /// Another node, by name.
    Node(String),
    /// Several of them.
    Nodes(Vec<String>),
    /// A source, by name.
    Source(String),
    /// A string.
    Text(String),
    /// A list of strings.
    Texts(Vec<String>),
}

/// One row of the matrix, as a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The package's attribute, e.g. `musl-gcc-x86_64-linux-musl`.
    pub name: String,
    /// The development shell's: the same without the family.
    pub shell: String,
    /// The node that is the package.
    pub node: String,
    /// GNU triple.
    pub target: &'static str,
    /// The suffix of the QEMU user-mode emulator that runs its programs; empty where the build machine itself does, or
    /// nothing.
    pub emulator: &'static str,
    /// Whether there is a C++ compiler.
    pub cxx: bool,
    /// Whether crossloom's authors built it, from the same releases.
    pub built: bool,
}

impl SystemPlan {
    /// The names that a user can ask for: cells, checks and nodes.
    pub fn names(&self) -> BTreeSet<&str> {
        let cells = self.cells.iter().map(|cell| cell.name.as_str());
        let nodes = self.nodes.iter().map(|node| node.name.as_str());
        cells.chain(self.checks.iter().map(|check| check.name.as_str())).chain(nodes).collect()
    }

    /// The given nodes and all that they need, in the plan's order.
    pub fn closure<'a>(&'a self, nodes: impl IntoIterator<Item = &'a str>) -> Vec<&'a Node> {
        let mut wanted: BTreeSet<&str> = nodes.into_iter().collect();
        let mut closure = Vec::new();
        // What a node needs stands before it, so one walk from the end finds everything.
        for node in self.nodes.iter().rev() {
            if !wanted.contains(node.name.as_str()) {
                continue;
            }
            for arg in node.args.values() {
                match arg {
                    Arg::Node(name) => wanted.extend([name.as_str()]),
                    Arg::Nodes(names) => wanted.extend(names.iter().map(String::as_str)),
                    Arg::Source(_) | Arg::Text(_) | Arg::Texts(_) => {}
                }
            }
            closure.push(node);
        }
        closure.reverse();
        closure
    }

    /// The names of every source that the given nodes and what they need are built from.
    pub fn sources_of<'a>(&'a self, nodes: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let args = self.closure(nodes).into_iter().flat_map(|node| node.args.values());
        args.filter_map(|arg| if let Arg::Source(name) = arg { Some(name.clone()) } else { None }).collect()
    }
}

/// One check of a build system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its attribute among the flake's checks.
    pub name: String,
    /// What it does.
    pub kind: CheckKind,
}

/// The checks that there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// Programs built with a cell and run.
    Programs(Cell),
    /// musl at this version built with the seed's own compiler, and a program with that.
    SeedMusl(String),
}

/// The releases (package, version) that `matrix` builds from.
pub fn releases(matrix: &Matrix, catalogue: &Catalogue) -> BTreeSet<(String, String)> {
    let mut releases = BTreeSet::new();
    for cell in &matrix.musl_gcc {
        let versions =
            [("gcc", &cell.gcc), ("binutils", &cell.binutils), ("musl", &cell.musl), ("linux", &cell.linux_headers)];
        releases.extend(versions.map(|(package, version)| (package.to_owned(), version.clone())));
        for package in HOST_LIBRARIES {
            let version = catalogue.default_version(package).unwrap_or_default();
            releases.insert((package.to_owned(), version.to_owned()));
        }
    }
    releases
}

/// Plans `matrix` from the sources that `lock` holds.
///
/// # Errors
/// [`LockError::Stale`] when the lock lacks a source.
pub fn plan(matrix: &Matrix, lock: &Lock, catalogue: &Catalogue) -> Result<Plan, LockError> {
    let mut sources = BTreeMap::new();
    for (package, version) in releases(matrix, catalogue) {
        sources.insert(source_name(&package, &version), lock.source(&package, &version)?.clone());
    }
    let mut systems = BTreeMap::new();
    for system in &matrix.systems {
        let mut graph = Graph { catalogue, lock, seed: matrix.seed, nodes: Vec::new(), known: BTreeSet::new() };
        let cells: Vec<_> = matrix
            .musl_gcc
            .iter()
            .filter(|cell| cell.systems.contains(system))
            .map(|cell| graph.musl_gcc(*system, cell))
            .collect();
        // Programs of a Linux target run on Linux alone, and only Linux has a seed to check.
        let checks = if system.is_linux() { checks(&cells, matrix) } else { Vec::new() };
        systems.insert(*system, SystemPlan { nodes: graph.nodes, cells, checks });
    }
    Ok(Plan { seed: matrix.seed, systems, sources })
}

fn checks(cells: &[Cell], matrix: &Matrix) -> Vec<Check> {
    let programs = cells
        .iter()
        .map(|cell| Check { name: format!("programs-{}", cell.name), kind: CheckKind::Programs(cell.clone()) });
    let versions: BTreeSet<&String> = matrix.musl_gcc.iter().map(|cell| &cell.musl).collect();
    let seed = versions.into_iter().map(|version| Check {
        name: format!("seed-musl-{}", attribute(version)),
        kind: CheckKind::SeedMusl(version.clone()),
    });
    programs.chain(seed).collect()
}

struct Graph<'a> {
    catalogue: &'a Catalogue,
    lock: &'a Lock,
    seed: Seed,
    nodes: Vec<Node>,
    known: BTreeSet<String>,
}

impl Graph<'_> {
    /// Adds a node unless it is there, and returns its name. Arguments come after what they name: the order stays sorted.
    fn add<const N: usize>(&mut self, name: String, recipe: &'static str, args: [(&'static str, Arg); N]) -> String {
        if self.known.insert(name.clone()) {
            self.nodes.push(Node { name: name.clone(), recipe, args: args.into_iter().collect() });
        }
        name
    }

    fn was_built(&self, cell: &MuslGccCell) -> bool {
        let same_bits = |package: &str, version: &str, variant: &String| {
            let chosen = self.catalogue.choose(package, version, std::slice::from_ref(variant));
            let locked = self.lock.source(package, version);
            chosen.is_some_and(|chosen| locked.is_ok_and(|locked| locked.sha256 == chosen.sha256))
        };
        let plain = cell.languages.cxx && cell.flags == Flags::default();
        self.seed == Seed::default()
            && plain
            && self.catalogue.built().iter().any(|built| {
                let releases = [
                    ("gcc", &cell.gcc, &built.gcc),
                    ("musl", &cell.musl, &built.musl),
                    ("binutils", &cell.binutils, &built.binutils),
                    ("linux", &cell.linux_headers, &built.linux),
                ];
                built.target == cell.target.triple()
                    && releases.iter().all(|(package, version, built_version)| {
                        version == built_version && same_bits(package, version, &built.variant)
                    })
            })
    }

    fn host_library(&mut self, package: &'static str, needs: &[&'static str]) -> String {
        let version = self.catalogue.default_version(package).unwrap_or_default().to_owned();
        let name = package.to_owned();
        if self.known.insert(name.clone()) {
            let mut args = release(package, &version);
            args.extend(needs.iter().map(|need| (*need, Arg::Node((*need).to_owned()))));
            self.nodes.push(Node { name: name.clone(), recipe: package, args });
        }
        name
    }

    /// One cross toolchain: GCC's host programs once, the target's libraries each as a node of its own.
    fn musl_gcc(&mut self, system: System, cell: &MuslGccCell) -> Cell {
        let target = cell.target;
        let triple = target.triple();
        let text = |text: &str| Arg::Text(text.to_owned());
        let source = |package, version: &str| Arg::Source(source_name(package, version));
        let node = |name: &String| Arg::Node(name.clone());
        let name = |role, version: &str, others: &[(&str, &str)], flags: &[&[String]]| {
            node_name(self.catalogue, role, version, triple, others, flags)
        };

        let binutils_version = ("binutils", cell.binutils.as_str());
        let gcc_version = ("gcc", cell.gcc.as_str());
        let musl_version = ("musl", cell.musl.as_str());
        let linux_version = ("linux", cell.linux_headers.as_str());
        let flags = &cell.flags;
        let plain = if cell.languages.cxx { &[][..] } else { &["c".to_owned()][..] };
        let compiler_flags = [plain, &flags.binutils, &flags.gcc];
        let binutils_name = name("binutils", &cell.binutils, &[], &[&flags.binutils]);
        let gcc_name = name("gcc", &cell.gcc, &[binutils_version], &compiler_flags);
        let libgcc_name = name("libgcc", &cell.gcc, &[binutils_version, musl_version], &compiler_flags);
        let all_flags = [plain, &flags.binutils, &flags.gcc, &flags.musl];
        let musl_name = name("musl", &cell.musl, &[binutils_version, gcc_version], &all_flags);
        let cxx_flags = [plain, &flags.binutils, &flags.gcc, &flags.musl, &flags.libstdcxx];
        let others = [binutils_version, musl_version];
        let libstdcxx_name = name("libstdcxx", &cell.gcc, &others, &cxx_flags);
        let others = [binutils_version, musl_version, linux_version];
        let toolchain_name = name("toolchain", &cell.gcc, &others, &cxx_flags);
        let role = format!("toolchain-{}-", attribute(&cell.gcc));
        let toolchain_suffix = toolchain_name.strip_prefix(&role).unwrap_or(triple).to_owned();

        for (package, needs) in [("gmp", &[][..]), ("mpfr", &["gmp"]), ("mpc", &["gmp", "mpfr"])] {
            self.host_library(package, needs);
        }
        let arch = target.linux_arch();
        let linux_headers = self.add(
            format!("linux-headers-{}-{arch}", attribute(&cell.linux_headers)),
            "linux-headers",
            [
                ("src", source("linux", &cell.linux_headers)),
                ("version", text(&cell.linux_headers)),
                ("arch", text(arch)),
            ],
        );
        let arch = target.musl_arch();
        let musl_headers = self.add(
            format!("musl-headers-{}-{arch}", attribute(&cell.musl)),
            "musl-headers",
            [("src", source("musl", &cell.musl)), ("version", text(&cell.musl)), ("arch", text(arch))],
        );
        let binutils = self.add(
            binutils_name,
            "binutils",
            [
                ("src", source("binutils", &cell.binutils)),
                ("version", text(&cell.binutils)),
                ("target", text(triple)),
                ("flags", Arg::Texts(flags.binutils.clone())),
            ],
        );
        let gcc_flags = target.gcc_flags().iter().map(|flag| (*flag).to_owned()).chain(flags.gcc.iter().cloned());
        let gcc = self.add(
            gcc_name,
            "gcc",
            [
                ("src", source("gcc", &cell.gcc)),
                ("version", text(&cell.gcc)),
                ("target", text(triple)),
                ("languages", text(cell.languages.gcc_list())),
                ("flags", Arg::Texts(gcc_flags.collect())),
                ("binutils", node(&binutils)),
                ("gmp", text_node("gmp")),
                ("mpfr", text_node("mpfr")),
                ("mpc", text_node("mpc")),
            ],
        );
        let libgcc = self.add(
            libgcc_name,
            "libgcc",
            [
                ("src", source("gcc", &cell.gcc)),
                ("version", text(&cell.gcc)),
                ("target", text(triple)),
                ("binutils", node(&binutils)),
                ("gcc", node(&gcc)),
                ("muslHeaders", node(&musl_headers)),
            ],
        );
        let musl = self.add(
            musl_name,
            "musl",
            [
                ("src", source("musl", &cell.musl)),
                ("version", text(&cell.musl)),
                ("target", text(triple)),
                ("flags", Arg::Texts(flags.musl.clone())),
                ("binutils", node(&binutils)),
                ("gcc", node(&gcc)),
                ("libgcc", node(&libgcc)),
            ],
        );
        let mut libraries = Vec::new();
        if cell.languages.cxx {
            libraries.push(self.add(
                libstdcxx_name,
                "libstdcxx",
                [
                    ("src", source("gcc", &cell.gcc)),
                    ("version", text(&cell.gcc)),
                    ("target", text(triple)),
                    ("flags", Arg::Texts(flags.libstdcxx.clone())),
                    ("binutils", node(&binutils)),
                    ("gcc", node(&gcc)),
                    ("libgcc", node(&libgcc)),
                    ("musl", node(&musl)),
                ],
            ));
        }
        let toolchain = self.add(
            toolchain_name,
            "toolchain",
            [
                // As the node, not as the cell: a cell is named by its place in the matrix, and the order of an axis rebuilds
                // nothing.
                ("name", text(&format!("musl-gcc-{toolchain_suffix}"))),
                ("version", text(&cell.gcc)),
                ("target", text(triple)),
                ("binutils", node(&binutils)),
                ("gcc", node(&gcc)),
                ("libgcc", node(&libgcc)),
                ("linuxHeaders", node(&linux_headers)),
                ("musl", node(&musl)),
                ("libraries", Arg::Nodes(libraries)),
            ],
        );
        Cell {
            name: cell.name.clone(),
            shell: cell.name.strip_prefix("musl-gcc-").unwrap_or(&cell.name).to_owned(),
            node: toolchain,
            target: triple,
            emulator: if system.runs(target) { "" } else { target.qemu_user().unwrap_or_default() },
            cxx: cell.languages.cxx,
            built: system == System::X86_64Linux && self.was_built(cell),
        }
    }
}

fn text_node(name: &str) -> Arg {
    Arg::Node(name.to_owned())
}

fn release(package: &str, version: &str) -> BTreeMap<&'static str, Arg> {
    BTreeMap::from([("src", Arg::Source(source_name(package, version))), ("version", Arg::Text(version.to_owned()))])
}

/// A version as a part of an attribute that needs no quotes: `14_2_0`.
fn attribute(version: &str) -> String {
    version.replace('.', "_")
}

/// Role, version and target; then what else makes this node differ from the one that a plain matrix gives: other versions
/// that are not the catalogue's default, and ten digits that stand for extra flags.
fn node_name(
    catalogue: &Catalogue,
    role: &str,
    version: &str,
    target: &str,
    others: &[(&str, &str)],
    flags: &[&[String]],
) -> String {
    let mut name = format!("{role}-{}-{target}", attribute(version));
    for (package, version) in others {
        if catalogue.default_version(package) != Some(version) {
            name.push_str(&format!("-{package}-{}", attribute(version)));
        }
    }
    if flags.iter().any(|flags| !flags.is_empty()) {
        // Each list keeps its place, so that one flag for gcc and the same for musl make two names.
        let text = flags.iter().map(|flags| flags.join("\n")).collect::<Vec<_>>().join("\0");
        name.push('-');
        name.push_str(&Sha256::of(text.as_bytes()).to_hex()[..10]);
    }
    name
}
