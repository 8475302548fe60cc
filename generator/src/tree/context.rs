//! What templates see: one type per template, so that what a template can name is what these hold. No field is
//! optional, since a template cannot ask whether something is there.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use crate::ci::limits::Limits;
use crate::matrix::Surface;
use crate::plan::{Arg, Check, Node, Output, Plan, SystemPlan};

/// A source's name as an attribute that needs no quotes.
fn attribute(name: &str) -> String {
    name.replace('.', "_")
}

#[derive(Serialize)]
pub struct FlakeContext {
    pub nixpkgs_url: &'static str,
}

#[derive(Serialize)]
pub struct DefaultContext {
    pub seeded: Vec<SeededSystem>,
    pub unseeded: Vec<UnseededSystem>,
    /// All of them.
    pub systems: Vec<UnseededSystem>,
    /// The file of Hydra's jobs, if there is one.
    pub hydra: Vec<&'static str>,
}

#[derive(Serialize)]
pub struct SeededSystem {
    pub system: &'static str,
    pub file: String,
    pub lock: String,
}

#[derive(Serialize)]
pub struct UnseededSystem {
    pub system: &'static str,
    pub file: String,
}

#[derive(Serialize)]
pub struct SourcesContext {
    fetchers: &'static [&'static str],
    sources: Vec<SourceContext>,
    /// Those that are known by what they unpack to.
    trees: Vec<SourceContext>,
    sdks: Vec<SdkContext>,
}

#[derive(Serialize)]
struct SourceContext {
    name: String,
    file: String,
    urls: Vec<String>,
    sha256: String,
}

#[derive(Serialize)]
struct SdkContext {
    name: String,
    file: String,
    version: String,
    origin: String,
    sha256: String,
}

impl SourcesContext {
    pub fn of(plan: &Plan) -> SourcesContext {
        let of = |tree| {
            let named = plan.sources.iter().filter(move |(_, source)| source.tree == tree);
            let context = named.map(|(name, source)| SourceContext {
                name: attribute(name),
                file: source.file.clone(),
                urls: source.urls.clone(),
                sha256: source.sha256.to_sri(),
            });
            context.collect::<Vec<_>>()
        };
        let (sources, trees) = (of(false), of(true));
        let sdks = plan.sdks.iter().map(|(name, sdk)| SdkContext {
            name: attribute(name),
            file: sdk.file.clone(),
            version: sdk.version.clone(),
            origin: sdk.origin.clone(),
            sha256: sdk.sha256.to_sri(),
        });
        let fetchers: &[&str] = if trees.is_empty() { &[] } else { &["fetchzip"] };
        SourcesContext { fetchers, sources, sdks: sdks.collect(), trees }
    }

    /// What sources are fetched by beside `fetchurl`.
    pub fn fetchers(&self) -> &'static [&'static str] {
        self.fetchers
    }
}

#[derive(Serialize)]
pub struct SystemContext {
    fetchers: &'static [&'static str],
    nodes: Vec<NodeContext>,
    cells: Vec<CellContext>,
    missing: Vec<MissingContext>,
    shells: Vec<ShellContext>,
    missing_shells: Vec<MissingContext>,
    checks: Vec<CheckContext>,
}

/// A node's arguments by kind, since a template cannot ask what a value is.
#[derive(Serialize)]
struct NodeContext {
    name: String,
    recipe: String,
    sources: Vec<Named<String>>,
    texts: Vec<Named<Json>>,
    nodes: Vec<Named<String>>,
    /// Arguments whose node has the argument's own name.
    inherits: Vec<&'static str>,
    lists: Vec<Named<Vec<String>>>,
    /// Relative paths of files.
    files: Vec<Named<Vec<String>>>,
    /// The same of one folder.
    folders: Vec<Named<String>>,
}

#[derive(Serialize)]
struct Named<T> {
    arg: &'static str,
    value: T,
}

#[derive(Serialize)]
struct CellContext {
    name: String,
    node: String,
}

#[derive(Serialize)]
struct ShellContext {
    name: String,
    recipe: String,
    node: String,
    target: &'static str,
    cxx: bool,
    texts: Vec<Named<String>>,
}

/// A package or a shell that is not there, and what to do about it.
#[derive(Serialize)]
struct MissingContext {
    name: String,
    message: String,
}

/// A check's arguments by kind.
#[derive(Serialize)]
struct CheckContext {
    name: String,
    file: String,
    sources: Vec<Named<String>>,
    nodes: Vec<Named<String>>,
    lists: Vec<Named<Vec<String>>>,
    texts: Vec<Named<Json>>,
}

/// What is said where a package needs an SDK that is not there.
pub fn missing_sdk(sdk: &str) -> String {
    format!("sdk {sdk} is not in matrix.lock: run `crossloom sdk import --name {sdk} FILE`")
}

impl SystemContext {
    pub fn of(system: &SystemPlan, fetchers: &'static [&'static str]) -> SystemContext {
        let mut context = SystemContext {
            fetchers,
            nodes: system.nodes.iter().map(NodeContext::of).collect(),
            cells: Vec::new(),
            missing: Vec::new(),
            shells: Vec::new(),
            missing_shells: Vec::new(),
            checks: system.checks.iter().map(CheckContext::of).collect(),
        };
        for cell in &system.cells {
            match &cell.output {
                Output::Node(node) => {
                    context.cells.push(CellContext { name: cell.name.clone(), node: node.clone() });
                    context.shells.extend(cell.shell.as_ref().map(|shell| ShellContext {
                        name: shell.name.clone(),
                        recipe: format!("./{}.nix", shell.recipe),
                        node: node.clone(),
                        target: cell.target,
                        cxx: shell.cxx,
                        texts: shell.texts.iter().map(|(arg, value)| Named { arg, value: value.clone() }).collect(),
                    }));
                }
                Output::MissingSdk(sdk) => {
                    let missing = |name: &String| MissingContext { name: name.clone(), message: missing_sdk(sdk) };
                    context.missing.push(missing(&cell.name));
                    context.missing_shells.extend(cell.shell.as_ref().map(|shell| missing(&shell.name)));
                }
            }
        }
        context
    }
}

impl NodeContext {
    fn of(node: &Node) -> NodeContext {
        let mut context = NodeContext {
            name: node.name.clone(),
            recipe: format!("./{}.nix", node.recipe),
            sources: Vec::new(),
            texts: Vec::new(),
            nodes: Vec::new(),
            inherits: Vec::new(),
            lists: Vec::new(),
            files: Vec::new(),
            folders: Vec::new(),
        };
        for (arg, value) in &node.args {
            match value {
                Arg::Source(name) => context.sources.push(Named { arg, value: attribute(name) }),
                Arg::Text(text) => context.texts.push(Named { arg, value: text.as_str().into() }),
                Arg::Texts(texts) => context.texts.push(Named { arg, value: texts.clone().into() }),
                Arg::Flag(flag) => context.texts.push(Named { arg, value: (*flag).into() }),
                Arg::Node(name) if name == arg => context.inherits.push(arg),
                Arg::Node(name) => context.nodes.push(Named { arg, value: name.clone() }),
                Arg::Nodes(names) => context.lists.push(Named { arg, value: names.clone() }),
                Arg::Files(places) => {
                    let value = places.iter().map(|place| format!("./{place}")).collect();
                    context.files.push(Named { arg, value });
                }
                Arg::Folder(place) => context.folders.push(Named { arg, value: format!("./{place}") }),
            }
        }
        context
    }
}

impl CheckContext {
    fn of(check: &Check) -> CheckContext {
        let mut context = CheckContext {
            name: check.name.clone(),
            file: format!("./{}.nix", check.file),
            sources: Vec::new(),
            nodes: Vec::new(),
            lists: Vec::new(),
            texts: Vec::new(),
        };
        for (arg, value) in &check.args {
            match value {
                Arg::Source(name) => context.sources.push(Named { arg, value: attribute(name) }),
                Arg::Node(name) => context.nodes.push(Named { arg, value: name.clone() }),
                Arg::Text(text) => context.texts.push(Named { arg, value: text.as_str().into() }),
                Arg::Nodes(names) => context.lists.push(Named { arg, value: names.clone() }),
                Arg::Folder(place) => context.texts.push(Named { arg, value: place.as_str().into() }),
                Arg::Texts(texts) | Arg::Files(texts) => {
                    context.texts.push(Named { arg, value: texts.clone().into() });
                }
                Arg::Flag(flag) => context.texts.push(Named { arg, value: (*flag).into() }),
            }
        }
        context
    }
}

/// What Hydra builds.
#[derive(Serialize)]
pub struct HydraContext {
    jobs: Vec<JobContext>,
    aggregates: Vec<AggregateContext>,
}

#[derive(Serialize)]
struct JobContext {
    name: String,
    systems: Vec<JobOnSystem>,
}

#[derive(Serialize)]
struct JobOnSystem {
    system: &'static str,
    output: &'static str,
    name: String,
    meta: Meta,
}

#[derive(Serialize)]
struct AggregateContext {
    name: String,
    systems: Vec<AggregateOnSystem>,
}

#[derive(Serialize)]
struct AggregateOnSystem {
    system: &'static str,
    name: String,
    constituents: Vec<Constituent>,
    meta: Meta,
}

#[derive(Serialize)]
struct Constituent {
    system: &'static str,
    name: String,
}

/// What Hydra reads in a job's `meta`.
#[derive(Serialize)]
struct Meta {
    #[serde(rename = "schedulingPriority")]
    priority: u32,
    timeout: u32,
    #[serde(rename = "maxSilent")]
    silent: u32,
}

impl Meta {
    fn of(Limits { priority, timeout, silent }: Limits) -> Meta {
        Meta { priority, timeout, silent }
    }
}

impl HydraContext {
    /// The file, if the matrix asks for one. Cells whose SDK is missing are no jobs, since they could only fail.
    pub fn of(plan: &Plan) -> Option<HydraContext> {
        if !plan.ci.surfaces.contains(&Surface::Hydra) {
            return None;
        }
        let mut jobs: BTreeMap<String, Vec<JobOnSystem>> = BTreeMap::new();
        let mut aggregates: BTreeMap<&str, Vec<AggregateOnSystem>> = BTreeMap::new();
        for (system, nodes) in &plan.systems {
            let system = system.as_str();
            let mut add = |name: &String, output, limits| {
                let job = JobOnSystem { system, output, name: name.clone(), meta: Meta::of(limits) };
                jobs.entry(name.clone()).or_default().push(job);
            };
            let mut families: BTreeMap<&str, Vec<Constituent>> = BTreeMap::new();
            for cell in nodes.cells.iter().filter(|cell| cell.node().is_some()) {
                add(&cell.name, "packages", cell.family.about().limits);
                families
                    .entry(cell.family.about().key)
                    .or_default()
                    .push(Constituent { system, name: cell.name.clone() });
            }
            for check in &nodes.checks {
                add(&check.name, "checks", check.limits);
            }
            for (family, constituents) in families {
                let (name, meta) = (aggregate(family), Meta::of(Limits::AGGREGATE));
                let aggregate = AggregateOnSystem { system, name, constituents, meta };
                aggregates.entry(family).or_default().push(aggregate);
            }
        }
        let jobs = jobs.into_iter().map(|(name, systems)| JobContext { name, systems });
        let aggregates = aggregates.into_iter();
        let aggregates = aggregates.map(|(family, systems)| AggregateContext { name: aggregate(family), systems });
        Some(HydraContext { jobs: jobs.collect(), aggregates: aggregates.collect() })
    }
}

/// The job that stands for a family: no cell's name begins so, nor a check's.
fn aggregate(family: &str) -> String {
    format!("all-{family}")
}
