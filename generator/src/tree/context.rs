//! The contexts of templates: one type per template, so that a template can name nothing else. No field is optional, since
//! a template cannot ask whether something is there.

use std::collections::BTreeMap;

use serde::Serialize;

use super::TreeError;
use crate::lock::LockedSource;
use crate::plan::{Arg, Cell, Output, Plan, SystemPlan};
use crate::render::value::Value;
use crate::service::Limits;
use crate::service::Surface;
use crate::verbatim::{Verbatim, place};

/// A source's name as an attribute that needs no quotes. Versions of crates may hold a `+`.
fn attribute(name: &str) -> String {
    name.replace(['.', '+'], "_")
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
    pub hydra: Vec<Value<'static>>,
}

#[derive(Serialize)]
pub struct SeededSystem {
    pub system: Value<'static>,
    pub file: Value<'static>,
    pub lock: Value<'static>,
}

#[derive(Serialize)]
pub struct UnseededSystem {
    pub system: Value<'static>,
    pub file: Value<'static>,
}

#[derive(Serialize)]
pub struct SourcesContext<'a> {
    fetchers: Vec<Value<'static>>,
    sources: Vec<SourceContext<'a>>,
    /// Those that no fetcher of nixpkgs knows an address of, such as crates and the user's own archives: only `crossloom
    /// fetch` gets them.
    only_fetched: Vec<SourceContext<'a>>,
    /// Those that are known by the files that they unpack to.
    trees: Vec<SourceContext<'a>>,
    /// The same that only git brings, which `crossloom fetch` calls.
    commits: Vec<SourceContext<'a>>,
    sdks: Vec<SdkContext<'a>>,
}

#[derive(Serialize)]
struct SourceContext<'a> {
    name: Value<'a>,
    file: &'a str,
    urls: Value<'a>,
    sha256: String,
}

#[derive(Serialize)]
struct SdkContext<'a> {
    name: Value<'a>,
    file: &'a str,
    version: &'a str,
    origin: &'a str,
    sha256: String,
}

impl SourcesContext<'_> {
    pub fn of(plan: &Plan) -> SourcesContext<'_> {
        let of = |wanted: fn(&LockedSource) -> bool| {
            let named = plan.sources.iter().filter(move |(_, source)| wanted(source));
            let context = named.map(|(name, source)| SourceContext {
                name: Value::attribute(attribute(name)),
                file: &source.file,
                urls: Value::List(source.urls.iter().filter(|url| !is_of_git(url)).map(Value::text).collect()),
                sha256: source.hash.to_sri(),
            });
            context.collect()
        };
        let sdks = plan.sdks.iter().map(|(name, sdk)| SdkContext {
            name: Value::attribute(attribute(name)),
            file: &sdk.file,
            version: &sdk.version,
            origin: &sdk.origin,
            sha256: sdk.sha256.to_sri(),
        });
        SourcesContext {
            fetchers: fetchers(plan),
            sources: of(|source| !source.tree && !is_only_fetched(source)),
            only_fetched: of(is_only_fetched),
            trees: of(|source| source.tree && !is_commit(source)),
            commits: of(is_commit),
            sdks: sdks.collect(),
        }
    }
}

fn is_only_fetched(source: &LockedSource) -> bool {
    let registries = ["mirror://crates/", "mirror://npm/"];
    source.urls.iter().all(|url| registries.iter().any(|registry| url.starts_with(registry)))
}

/// Whether only `crossloom fetch` knows what to do with an address: it calls git.
fn is_of_git(url: &str) -> bool {
    url.starts_with("git+")
}

fn is_commit(source: &LockedSource) -> bool {
    source.tree && source.urls.iter().all(|url| is_of_git(url))
}

/// The functions that sources are fetched by beside `fetchurl`.
fn fetchers(plan: &Plan) -> Vec<Value<'static>> {
    let trees = plan.sources.values().any(|source| source.tree && !is_commit(source));
    trees.then(|| Value::variable("fetchzip")).into_iter().collect()
}

#[derive(Serialize)]
pub struct SystemContext<'a> {
    fetchers: Vec<Value<'static>>,
    nodes: Vec<Call<'a>>,
    cells: Vec<CellContext<'a>>,
    /// Packages that are not there, and what to do about it.
    missing: Vec<Call<'a>>,
    shells: Vec<Call<'a>>,
    missing_shells: Vec<Call<'a>>,
    checks: Vec<Call<'a>>,
}

/// A call of the function in a file.
#[derive(Serialize)]
struct Call<'a> {
    name: Value<'a>,
    file: Value<'a>,
    args: Value<'a>,
}

#[derive(Serialize)]
struct CellContext<'a> {
    name: Value<'a>,
    node: Value<'a>,
}

impl<'a> Call<'a> {
    /// A call with its arguments in the function's own order.
    fn of(name: &'a str, path: &str, args: Vec<(&'a str, Value<'a>)>, files: &Verbatim) -> Result<Call<'a>, TreeError> {
        let head = files.head(path)?;
        let place = |arg: &str| head.formals.iter().position(|formal| formal.name == arg);
        let mut placed = Vec::with_capacity(args.len());
        for (arg, value) in args {
            let place = place(arg);
            if place.is_none() && !head.open {
                return Err(TreeError::Argument { path: path.to_owned(), name: arg.to_owned() });
            }
            placed.push((place.unwrap_or(usize::MAX), arg, value));
        }
        placed.sort_by_key(|(place, _, _)| *place);
        Ok(Call {
            name: Value::attribute(name),
            file: Value::path(format!("./{path}")),
            args: Value::Attrs(placed.into_iter().map(|(_, arg, value)| (arg, value)).collect()),
        })
    }

    /// The placeholder of a package whose SDK is missing.
    fn missing(name: &'a str, sdk: &str, files: &Verbatim) -> Result<Call<'a>, TreeError> {
        let args = vec![("name", Value::text(name)), ("message", Value::text(missing_sdk(sdk)))];
        Call::of(name, &place(MISSING), args, files)
    }
}

/// The recipe of a package or a shell whose SDK is missing.
pub const MISSING: &str = "missing-sdk";

/// The message of a package that needs an SDK which is not there.
pub fn missing_sdk(sdk: &str) -> String {
    format!("sdk {sdk} is not in matrix.lock: run `crossloom sdk import --name {sdk} FILE`")
}

/// An argument as a value. Among the nodes others are known by their names alone; elsewhere they are `nodes.NAME`.
fn value<'a>(arg: &'a Arg, nodes: &str) -> Value<'a> {
    let node = |name: &'a String| match nodes {
        "" => Value::variable(name),
        nodes => Value::variable(format!("{nodes}{name}")),
    };
    let path = |place: &String| Value::path(format!("./{place}"));
    let source = |name: &String| Value::variable(format!("source.{}", attribute(name)));
    match arg {
        Arg::Node(name) => node(name),
        Arg::Nodes(names) => Value::List(names.iter().map(node).collect()),
        Arg::Source(name) => source(name),
        Arg::Sources(names) => Value::List(names.iter().map(source).collect()),
        Arg::Text(text) => Value::text(text),
        Arg::Texts(texts) => Value::texts(texts),
        Arg::Files(places) => Value::List(places.iter().map(path).collect()),
        Arg::Folder(place) => path(place),
        Arg::Flag(flag) => Value::Bool(*flag),
    }
}

impl<'a> SystemContext<'a> {
    pub fn of(plan: &Plan, system: &'a SystemPlan, files: &Verbatim) -> Result<SystemContext<'a>, TreeError> {
        let nodes = system.nodes.iter().map(|node| {
            let args = node.args.iter().map(|(arg, given)| (*arg, value(given, "")));
            Call::of(&node.name, &place(node.recipe), args.collect(), files)
        });
        let checks = system.checks.iter().map(|check| {
            let args = check.args.iter().map(|(arg, given)| (*arg, value(given, "nodes.")));
            Call::of(&check.name, &place(check.file), args.collect(), files)
        });
        let mut context = SystemContext {
            fetchers: fetchers(plan),
            nodes: nodes.collect::<Result<_, _>>()?,
            cells: Vec::with_capacity(system.cells.len()),
            missing: Vec::new(),
            shells: Vec::new(),
            missing_shells: Vec::new(),
            checks: checks.collect::<Result<_, _>>()?,
        };
        for cell in &system.cells {
            match &cell.output {
                Output::Node(node) => {
                    for name in names(cell) {
                        let (name, node) = (Value::attribute(name), Value::attribute(node));
                        context.cells.push(CellContext { name, node });
                    }
                    let Some(shell) = &cell.shell else { continue };
                    let own = [
                        ("toolchain", Value::variable(format!("nodes.{node}"))),
                        ("target", Value::text(cell.target)),
                        ("cxx", Value::Bool(shell.cxx)),
                    ];
                    let more = shell.args.iter().map(|(arg, it)| (*arg, value(it, "nodes.")));
                    let args = own.into_iter().chain(more).collect();
                    context.shells.push(Call::of(&shell.name, &place(shell.recipe), args, files)?);
                }
                Output::MissingSdk(sdk) => {
                    for name in names(cell) {
                        context.missing.push(Call::missing(name, sdk, files)?);
                    }
                    if let Some(shell) = &cell.shell {
                        context.missing_shells.push(Call::missing(&shell.name, sdk, files)?);
                    }
                }
            }
        }
        Ok(context)
    }
}

/// The attributes of a cell's package: one where both are the same.
fn names(cell: &Cell) -> impl Iterator<Item = &str> {
    [cell.name.as_str()].into_iter().chain((cell.full_name != cell.name).then_some(cell.full_name.as_str()))
}

/// Hydra's jobs.
#[derive(Serialize)]
pub struct HydraContext<'a> {
    jobs: Vec<JobContext<'a>>,
    aggregates: Vec<AggregateContext>,
}

#[derive(Serialize)]
struct JobContext<'a> {
    name: Value<'a>,
    systems: Vec<JobOnSystem<'a>>,
}

#[derive(Serialize)]
struct JobOnSystem<'a> {
    system: Value<'static>,
    output: Value<'static>,
    name: Value<'a>,
    meta: Value<'static>,
}

#[derive(Serialize)]
struct AggregateContext {
    name: Value<'static>,
    systems: Vec<AggregateOnSystem>,
}

#[derive(Serialize)]
struct AggregateOnSystem {
    system: Value<'static>,
    name: String,
    constituents: Value<'static>,
    meta: Value<'static>,
}

/// The fields that Hydra reads in a job's `meta`.
fn meta(Limits { priority, timeout, silent }: Limits) -> Value<'static> {
    let limits = [("maxSilent", silent), ("schedulingPriority", priority), ("timeout", timeout)];
    Value::Attrs(limits.map(|(name, limit)| (name, Value::Int(limit))).to_vec())
}

impl HydraContext<'_> {
    /// The file, if the matrix asks for one. Cells whose SDK is missing are no jobs, since they could only fail.
    pub fn of(plan: &Plan) -> Option<HydraContext<'_>> {
        if !plan.ci.surfaces.contains(&Surface::Hydra) {
            return None;
        }
        let mut jobs: BTreeMap<&str, Vec<JobOnSystem<'_>>> = BTreeMap::new();
        let mut aggregates: BTreeMap<&str, Vec<AggregateOnSystem>> = BTreeMap::new();
        for (system, nodes) in &plan.systems {
            let system = system.as_str();
            let mut add = |name, output, limits| {
                let (system, output) = (Value::attribute(system), Value::attribute(output));
                let job = JobOnSystem { system, output, name: Value::attribute(name), meta: meta(limits) };
                jobs.entry(name).or_default().push(job);
            };
            let mut families: BTreeMap<&str, Vec<Value<'static>>> = BTreeMap::new();
            for cell in nodes.cells.iter().filter(|cell| cell.node().is_some()) {
                add(&cell.full_name, "packages", cell.limits);
                let constituent = Value::variable(format!("systems.{system}.packages.{}", cell.full_name));
                families.entry(cell.family).or_default().push(constituent);
            }
            for check in &nodes.checks {
                add(&check.name, "checks", check.limits);
            }
            for (family, constituents) in families {
                let aggregate = AggregateOnSystem {
                    system: Value::attribute(system),
                    name: aggregate(family),
                    constituents: Value::List(constituents),
                    meta: meta(Limits::AGGREGATE),
                };
                aggregates.entry(family).or_default().push(aggregate);
            }
        }
        let jobs = jobs.into_iter().map(|(name, systems)| JobContext { name: Value::attribute(name), systems });
        let aggregates = aggregates.into_iter().map(|(family, systems)| {
            let name = Value::attribute(aggregate(family));
            AggregateContext { name, systems }
        });
        Some(HydraContext { jobs: jobs.collect(), aggregates: aggregates.collect() })
    }
}

/// The job that stands for a family: no cell's name begins so, nor a check's.
fn aggregate(family: &str) -> String {
    format!("all-{family}")
}
