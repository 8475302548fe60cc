//! A family in one file, to show that a family is added by one file and one line of a registry: a cell is a text in a file.
//! It goes through the parser, the plan, rendering, Nix, the schema and the manual as the real ones do.

use crate::family::{About, Axis, CellOf, Defect, Family, Kind, Reading, Registered, Setting, Suffix, Target, Values};
use crate::lock::Wanted;
use crate::matrix::{Matrix, reference, schema};
use crate::plan::{Arg, Check, Output, Planner, node, text};
use crate::platform::System;
use crate::reader::NoFiles;
use crate::service::Limits;
use crate::word::Word;
use crate::words;

#[derive(Debug)]
struct Toy;

static ABOUT: About = About {
    key: "toy",
    summary: "Texts. Every combination of place and greeting is a cell.",
    example_target: "here",
    spelling: "targets are here, there",
    first_target_unnamed: false,
    limits: Limits { priority: 1, timeout: 2, silent: 3 },
    example: "none",
    packages: &[],
    checks: &["toy/check.nix"],
};

#[derive(Debug, PartialEq, Eq)]
struct Place(&'static str);

static PLACES: [Place; 2] = [Place("here"), Place("there")];

impl Target for Place {
    fn name(&self) -> &'static str {
        self.0
    }
}

words! {
    /// What the text says.
    pub enum Greeting: "greeting" {
        Hello = "hello",
        Goodbye = "goodbye",
    }
}

static AXES: [Axis; 1] = [Axis {
    key: "greeting",
    values: Values::Words(Greeting::WORDS),
    suffix: Suffix::Value,
    doc: "What the text says.",
}];

static OVERRIDES: [Setting; 1] = [Setting { key: "flags", kind: Kind::Flags(&[]), doc: "Put behind the greeting." }];

#[derive(Debug, PartialEq, Eq)]
struct Spec {
    greeting: Greeting,
    flags: Vec<String>,
}

impl Family for Toy {
    type Target = Place;
    type Spec = Spec;

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn targets(&self) -> Vec<&'static Place> {
        PLACES.iter().collect()
    }

    fn axes(&self) -> &'static [Axis] {
        &AXES
    }

    fn overrides(&self) -> &'static [Setting] {
        &OVERRIDES
    }

    fn cannot_build(&self, target: &'static Place, system: System) -> Option<&'static str> {
        (target.0 == "there" && !system.is_linux()).then_some("only Linux gets there")
    }

    fn spec(&self, _: &'static Place, cell: &Reading<'_>) -> Result<Spec, Defect> {
        Ok(Spec { greeting: cell.word("greeting")?, flags: cell.flags("flags")? })
    }

    fn wanted(&self, _: &[CellOf<Toy>]) -> Vec<Wanted> {
        Vec::new()
    }

    fn plan(&self, planner: &mut Planner<'_>, cells: &[CellOf<Toy>]) {
        let system = planner.system;
        for cell in cells.iter().filter(|cell| cell.is_built_on(system)) {
            let Spec { greeting, flags } = &cell.spec;
            let (place, flagged) = (cell.target.name(), Arg::Texts(flags.clone()));
            let args = [("greeting", text(greeting.as_str())), ("place", text(place)), ("flags", flagged)];
            // All that tells one call from another is in the name; `node_name` makes one of releases and flags.
            let name = planner.add(format!("text-{place}-{greeting}-{}", flags.len()), "toy/text", args);
            planner.check(Check::new(format!("read-{}", cell.name), "toy/check", vec![("text", node(&name))]));
            planner.cell(cell.package(&ABOUT, Output::Node(name)));
        }
    }
}

static REGISTRY: &[&dyn Registered] = &[&Toy];

const MATRIX: &str = "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[toy]\ntargets = [\"here\", \"there\"]\n\
                      greeting = [\"hello\", \"goodbye\"]\nexclude = [{ target = \"there\", greeting = \"goodbye\" }]\n\
                      [[toy.override]]\nmatch = { target = \"there\" }\nflags = [\"-v\"]\n";

#[test]
fn a_family_is_one_file() {
    use crate::tests::{project, temporary_store::Store};

    let matrix = Matrix::parse_in(REGISTRY, MATRIX, &NoFiles, &Default::default())
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(matrix.count(), 3);
    assert!(matrix.wanted().is_empty());
    let planned = matrix.plan(&project::lock(&matrix)).unwrap();

    let recipe = "{ stdenv, greeting, place, flags }:\n\
                  stdenv.mkDerivation {\n  name = \"${greeting}-${place}\";\n  inherit flags;\n}\n";
    let check = "{ stdenv, text }:\nstdenv.mkDerivation {\n  name = \"check\";\n  inherit text;\n}\n";
    let files = project::stand_ins().with("toy/text.nix", recipe).with("toy/check.nix", check);
    let tree = crate::tree::tree_with(&planned, &project::seeds(&matrix), true, &files).unwrap();
    assert!(tree.contains_key("crossloom/toy/text.nix") && !tree.contains_key("crossloom/musl-gcc/gcc.nix"));

    let schema = schema(REGISTRY);
    assert!(schema.contains("\"toy\"") && schema.contains("\"goodbye\"") && !schema.contains("musl"), "{schema}");
    let page = reference(REGISTRY[0]);
    assert!(page.contains("| `greeting` | list of strings | `[\"hello\"]` | What the text says."), "{page}");
    assert!(page.contains("`here`, `there`"), "{page}");
    let problems =
        Matrix::parse_in(REGISTRY, &MATRIX.replace("\"there\", gree", "\"ther\", gree"), &NoFiles, &Default::default())
            .unwrap_err();
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `there` or `here`?"));

    let Some(store) = Store::new() else { return };
    let dir = store.path("project");
    crate::output::write(&dir, &tree).unwrap();
    let outputs = |kind: &str| {
        let of = format!("(import {}/crossloom {{ }}).{kind}.x86_64-linux", dir.display());
        let paths = store.evaluate(&format!("builtins.mapAttrs (_: it: it.drvPath) {of}"));
        paths.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(outputs("packages"), ["toy-here", "toy-here-goodbye", "toy-here-hello", "toy-there", "toy-there-hello"]);
    assert_eq!(outputs("checks"), ["read-toy-here", "read-toy-here-goodbye", "read-toy-there"]);
}
