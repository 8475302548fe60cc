//! Values and templates, and the text that comes of them, checked against Nix's own parser and evaluator and against nixfmt.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::gate::{self, GateError, gate, with_header};
use crate::render::format::{Finding, FormatError, format as formatted};
use crate::render::header::{HEADER, bears_header};
use crate::render::strings;
use crate::render::templates::{Engine, RenderError};
use crate::render::value::{Value, is_bare_name, print};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rnix::{SyntaxKind, SyntaxNode};
use serde_json::{Value as Json, json};

/// What Nix says of a text, without a store.
fn nix(arguments: &[&str], text: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.nix");
    std::fs::write(&file, text).unwrap();
    Command::new("nix-instantiate")
        .args(["--store", "dummy://"])
        .args(arguments)
        .arg(&file)
        .env("NIX_STATE_DIR", dir.path())
        .output()
        .expect("nix-instantiate is needed: make test brings it")
}

fn evaluate(text: &str) -> Json {
    let output = nix(&["--eval", "--strict", "--json"], text);
    assert!(output.status.success(), "{}\n{text:.2000}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn headed(text: &str) -> String {
    format!("{HEADER}\n{text}\n")
}

/// Text of the pieces that mean something to Nix, far likelier than chance would have them.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![
            "$", "{", "}", "${", "$${", "\"", "\\", "''", "'", "\n", "\r", "\t", "\r\n", "#", "/*", "*/", ";", " ",
            "${builtins.abort \"x\"}", "\\${", "\\$", "=", "@", "é", "\u{2028}", "\u{7f}", "\u{1}", "a", "0", "-", ".",
        ]).prop_map(str::to_owned),
        1 => "[^\0]{0,3}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn any_name() -> impl Strategy<Value = String> {
    let odd = vec!["or", "if", "rec", "let", "in", "inherit", "__curPos", "", "1", "a.b", "a-b", "a'", "-a", "_", "é"];
    prop_oneof![
        2 => proptest::sample::select(odd).prop_map(str::to_owned),
        1 => any_text(),
        2 => "[a-z_][a-zA-Z0-9_'-]{0,6}",
    ]
}

fn any_value() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<u32>().prop_map(Value::Int),
        4 => any_text().prop_map(Value::text),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        // Leaked, as names are borrowed: a few kilobytes.
        let attrs = proptest::collection::btree_map(any_name(), inner.clone(), 0..5)
            .prop_map(|attrs| Value::Attrs(attrs.into_iter().map(|(name, value)| (&*name.leak(), value)).collect()));
        prop_oneof![proptest::collection::vec(inner, 0..5).prop_map(Value::List), attrs]
    })
}

fn expected(value: &Value<'_>) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Str(text) | Value::Path(text) | Value::Variable(text) | Value::Attribute(text) => json!(text),
        Value::List(items) => items.iter().map(expected).collect(),
        Value::Attrs(attrs) => attrs.iter().map(|(name, value)| ((*name).to_owned(), expected(value))).collect(),
    }
}

/// A value as a template prints it at the beginning of a line.
fn printed(value: &Value<'_>) -> Result<String, String> {
    let json = serde_json::to_value(value).map_err(|error| error.to_string())?;
    let mut out = String::new();
    print(&json, 0, &mut out).map_err(|error| error.to_string())?;
    Ok(out)
}

/// Objects compare without regard to their order.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn random_values_mean_to_nix_what_they_are() {
    let mut runner = TestRunner::deterministic();
    let strategy = any_value();
    let values: Vec<Value<'_>> = (0..6000).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    for value in &values {
        let text = printed(value).unwrap();
        assert!(rnix::Root::parse(&text).errors().is_empty(), "{text}");
    }
    let text = headed(&printed(&Value::List(values.clone())).unwrap());
    let formatted = gate("x.nix", &text).unwrap();
    for text in [&text, &formatted] {
        let got = evaluate(text);
        let got = got.as_array().unwrap();
        assert_eq!(got.len(), values.len());
        for (value, got) in values.iter().zip(got) {
            assert!(same(got, &expected(value)), "{}\n{got}", printed(value).unwrap());
        }
    }
    assert!(values.iter().filter(|value| printed(value).unwrap().contains("\\${")).count() > 1000);
}

/// Names as long as lines are wide, and those that are usual.
fn any_bare_name() -> impl Strategy<Value = String> {
    prop_oneof![2 => "[a-z][a-zA-Z0-9_-]{0,12}", 1 => "[a-z][a-z0-9_-]{30,60}", 1 => "[a-z][a-z0-9_-]{85,105}"]
        .prop_filter("a keyword", |name| is_bare_name(name))
}

/// A value of those that plans give to recipes, of any width.
fn any_argument() -> impl Strategy<Value = Value<'static>> {
    let text = prop_oneof![any_text(), "[a-zé ]{40,110}"];
    let path = "[a-z-]{1,110}";
    let atom = prop_oneof![
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<u32>().prop_map(Value::Int),
        3 => text.prop_map(Value::text),
        2 => path.prop_map(|path| Value::path(format!("./{path}"))),
        3 => any_bare_name().prop_map(|name| Value::variable(format!("nodes.{name}"))),
        2 => any_bare_name().prop_map(Value::variable),
    ];
    prop_oneof![3 => atom.clone(), 1 => proptest::collection::vec(atom, 0..4).prop_map(Value::List)]
}

fn any_arguments() -> impl Strategy<Value = Value<'static>> {
    let attrs = proptest::collection::btree_map(any_bare_name(), any_argument(), 0..4);
    // Some are inherited.
    let inherited = proptest::collection::btree_set(any_bare_name(), 0..4);
    (attrs, inherited).prop_map(|(attrs, inherited)| {
        let attrs = attrs.into_iter().filter(|(name, _)| !inherited.contains(name));
        let mut attrs: Vec<_> = attrs.map(|(name, value)| (&*name.leak(), value)).collect();
        attrs.extend(inherited.iter().map(|name| (&*name.clone().leak(), Value::variable(name.clone()))));
        Value::Attrs(attrs)
    })
}

#[test]
fn what_is_rendered_is_as_nixfmt_prints_it() {
    let template = "{\n{{#each bindings}}\n  {{name}} = {{value}};\n{{/each}}\n{{#each calls}}\n  {{name}} = {\n    \
                    {{system}} = callPackage {{file}} {{args}};\n    more = f x nodes.{{system}} {{args}};\n  };\n{{/each}}\n}\n";
    let engine = Engine::new(&[("t", template)]).unwrap();
    let mut runner = TestRunner::deterministic();
    let name = || any_bare_name().prop_map(Value::attribute);
    let bindings = proptest::collection::vec((name(), prop_oneof![any_argument(), any_arguments()]), 0..4);

    let file = "[a-z-]{1,20}|[a-z-]{60,110}".prop_map(|path| Value::path(format!("./{path}")));
    let calls = proptest::collection::vec((name(), name(), file, any_arguments()), 0..3);
    let strategy = (bindings, calls);
    let mut wide = 0;
    for _ in 0..1500 {
        let (bindings, calls) = strategy.new_tree(&mut runner).unwrap().current();
        if bindings.is_empty() && calls.is_empty() {
            continue;
        }
        let bindings: Vec<_> = bindings.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        let calls = calls
            .iter()
            .map(|(name, system, file, args)| json!({ "name": name, "system": system, "file": file, "args": args }));
        let context = json!({ "bindings": bindings, "calls": calls.collect::<Vec<_>>() });
        let text = engine.render("t", &context).unwrap();
        let formatted = nixfmt_rs::format(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        pretty(&text, &formatted);
        wide += usize::from(text.lines().any(|line| line.ends_with(" =") || line.ends_with(" inherit")));
    }
    assert!(wide > 400, "{wide} texts had a line to be broken: too few to say anything");
}

/// Where two texts begin to differ.
#[track_caller]
fn pretty(text: &str, formatted: &str) {
    if text != formatted {
        let (at, _) = text.lines().zip(formatted.lines()).enumerate().find(|(_, (a, b))| a != b).unwrap_or_default();
        let around = |text: &str| text.lines().skip(at.saturating_sub(2)).take(8).collect::<Vec<_>>().join("\n");
        panic!("rendered:\n{}\nnixfmt:\n{}", around(text), around(formatted));
    }
}

#[test]
fn what_has_no_nix_spelling_is_refused() {
    assert!(printed(&Value::List(vec![Value::text("x\0")])).unwrap_err().contains("NUL"));
    assert!(printed(&Value::Attrs(vec![("\0", Value::Bool(true))])).unwrap_err().contains("NUL"));
    let twice = Value::Attrs(vec![("a", Value::Bool(true)), ("a", Value::Bool(false))]);
    assert!(printed(&twice).unwrap_err().contains("two attributes"));
    for json in [json!(null), json!([1, null]), json!(0.5), json!(-1), json!([null, 1]), json!([null, "x", "y"])] {
        assert!(print(&json, 0, &mut String::new()).is_err(), "{json}");
    }
}

#[test]
fn only_relative_paths_are_paths() {
    for good in ["./x", "./x/y.nix", "../x", "../../x-1.2_3+b", "./.x"] {
        let text = printed(&Value::path(good)).unwrap();
        assert_eq!(text, good);
        assert!(nix(&["--parse"], &text).status.success(), "{good}");
    }
    let bad = [
        "", ".", "./", "..", "../", "x", "/x", "~/x", "./x/", "./x//y", "./x/../y", "././x", "./a b", "./${x}", "./é",
        "./x;y", "<x>", "./x\n", "./.",
    ];
    for bad in bad {
        assert!(printed(&Value::path(bad)).is_err(), "{bad}");
    }
}

#[test]
fn values_are_spelled_plainly() {
    let spelled = |value: Value<'_>| printed(&value).unwrap();
    assert_eq!(spelled(Value::List(vec![Value::variable("nodes.gcc")])), "[ nodes.gcc ]");
    assert_eq!(spelled(Value::text("$x ${y} $")), r#""$x \${y} $""#);
    assert_eq!(spelled(Value::attribute("x86_64-linux-musl")), "x86_64-linux-musl");
    assert_eq!(spelled(Value::attribute("14.2.0")), "\"14.2.0\"");
    let args = vec![("a", Value::Int(1)), ("gmp", Value::variable("gmp")), ("mpc", Value::variable("mpc"))];
    assert_eq!(spelled(Value::Attrs(args)), "{\n  inherit gmp mpc;\n  a = 1;\n}");
    // An attribute of this name would have to be quoted, and no variable can be.
    assert_eq!(spelled(Value::Attrs(vec![("a.b", Value::variable("a.b"))])), "{\n  \"a.b\" = a.b;\n}");
    assert!(is_bare_name("a'b") && !is_bare_name("or") && !is_bare_name(""));
    for bad in ["a b", "a.", "a..b", "or", "a.or", "", "\"a\"", "1", "a;b"] {
        assert!(printed(&Value::variable(bad)).is_err(), "{bad}");
    }
}

fn render(template: &str, context: Json) -> Result<String, RenderError> {
    Engine::new(&[("t", template)])?.render("t", &context)
}

#[test]
fn templates_print_each_kind_of_value() {
    let template = "\
# {{comment note}}
{ {{arg}} }:
{
  name = {{name}};
  flags = {{flags}};
  on = {{on}};
  recipe = import {{recipe}} {{arg}};
  {{triple}}.{{version}} = 1;
{{#each nodes}}
  {{name}} = {
    of = {{of}};
    args = {{args}};
  };
{{/each}}
}
";
    let args = Value::Attrs(vec![("a", Value::texts(&["x", "y"])), ("nodes", Value::variable("nodes"))]);
    let context = json!({
        "note": "one\nline\u{2028}only", "arg": Value::variable("nodes"), "name": "a\"${b}",
        "flags": Value::texts(&["-x", "y z"]), "on": true, "recipe": Value::path("./gcc.nix"),
        "triple": Value::attribute("i686-linux-musl"), "version": Value::attribute("14.2"),
        "nodes": [{ "name": Value::attribute("a b"), "of": "y", "args": args }],
    });
    let text = render(template, context).unwrap();
    assert_eq!(
        text,
        format!(
            r#"{HEADER}
# one line only
{{ nodes }}:
{{
  name = "a\"\${{b}}";
  flags = [
    "-x"
    "y z"
  ];
  on = true;
  recipe = import ./gcc.nix nodes;
  i686-linux-musl."14.2" = 1;
  "a b" = {{
    of = "y";
    args = {{
      inherit nodes;
      a = [
        "x"
        "y"
      ];
    }};
  }};
}}
"#
        )
    );
    assert_eq!(gate("x.nix", &text).unwrap(), text);
}

#[test]
fn template_strings_mean_to_nix_what_they_are() {
    let mut runner = TestRunner::deterministic();
    let strategy = any_text();
    let texts: Vec<String> = (0..2000).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let text = render("[\n{{#each texts}}\n  {{this}} # {{comment this}}\n{{/each}}\n]\n", json!({ "texts": texts }));
    assert_eq!(evaluate(&text.unwrap()), json!(texts));
}

/// No string of a context can pass for anything but a string, whatever it holds.
#[test]
fn data_is_never_code() {
    for text in ["./x", "nodes.gcc", "null", "[null,\"x\"]", "{{x}}", "${x}", "\u{0}"] {
        match render("{{x}}", json!({ "x": text })) {
            Ok(rendered) => assert_eq!(evaluate(&rendered), json!(text)),
            Err(error) => assert!(text == "\0", "{error}"),
        }
    }
}

#[test]
fn our_templates_hold_nothing_that_could_go_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "hbs") {
            count += 1;
            let checked = gate::templates::check(&fs::read_to_string(&path).unwrap());
            checked.unwrap_or_else(|(line, what)| panic!("{}:{line}: {what} is not accepted", path.display()));
        }
    }
    assert_eq!(count, 5);
}

#[test]
fn templates_that_could_go_wrong_are_refused() {
    for (template, what) in [
        ("\"${{{x}}}\"", "`${{`"),
        ("{{{x}}}", "`{{{`"),
        ("{{&x}}", "unescaped"),
        ("{{#if x}}1{{/if}}", "{{#if}}"),
        ("{{#unless x}}1{{/unless}}", "{{#unless}}"),
        ("{{#with x}}{{y}}{{/with}}", "{{#with}}"),
        ("{{#each x}}{{this}}{{else}}1{{/each}}", "{{else}}"),
        ("{{#each x as |y|}}{{y}}{{/each}}", "one field"),
        ("{{> other}}", "partial"),
        ("{{lookup x y}}", "helper `lookup`"),
        ("{{comment (lookup x y)}}", "one field"),
        ("{{comment x y}}", "one field"),
        ("{{comment \"x\"}}", "one field"),
        ("{{unknown x}}", "helper `unknown`"),
        ("{{value x}}", "helper `value`"),
        ("\"a {{x}} b\"", "within a string"),
        ("''\n  {{x}}\n''", "within a string"),
        ("# {{x}}\n1", "within a comment"),
        ("/* {{comment x}} */ 1", "outside of a # comment"),
        ("{{comment x}}", "outside of a # comment"),
        ("./{{x}}", "within another token"),
        ("a{{x}}", "within another token"),
        ("{{#each x}}\n  ./a/{{this}}\n{{/each}}", "within another token"),
    ] {
        match gate::templates::check(template) {
            Err((_, found)) => assert!(found.contains(what), "{template}: {found}"),
            Ok(()) => panic!("{template} is accepted"),
        }
    }
    assert_eq!(gate::templates::check("1\n\"{{x}}\"").unwrap_err().0, 2);
    assert!(matches!(Engine::new(&[("t", "1\n{{#each}")]), Err(RenderError::Syntax { line: 2, .. })));
}

#[test]
fn contexts_that_do_not_fit_are_refused() {
    for (template, context, what) in [
        ("{{x}}", json!({}), "no `x`"),
        ("\n{{x.y}}", json!({ "x": {} }), "line 2: the context has no `x.y`"),
        ("{{comment x}}", json!({}), "no `x`"),
        ("{{#each x}}{{this}}{{/each}}", json!({}), "no `x`"),
        ("{{#each x}}{{this}}{{/each}}", json!({ "x": "text" }), "x"),
        ("{{comment x}}", json!({ "x": 1 }), "`x`: a comment is text"),
        ("{{x}}", json!({ "x": [0.5] }), "0.5, which is not a value"),
        ("{{x}}", json!({ "x": null }), "null, which is not a value"),
        ("{{x}}", json!({ "x": { "b": "\0" } }), "NUL"),
    ] {
        match render(template, context) {
            Err(error @ RenderError::Render { .. }) => assert!(error.to_string().contains(what), "{template}: {error}"),
            other => panic!("{template}: {other:?}"),
        }
    }
    match Engine::new(&[("t", "{{x}}")]).unwrap().render("t", [("x", Value::path("/etc/passwd"))]) {
        Err(RenderError::Context { source, .. }) => assert!(source.to_string().contains("not a relative path")),
        other => panic!("{other:?}"),
    }
    assert!(matches!(Engine::new(&[]).unwrap().render("t", json!({})), Err(RenderError::Unknown { .. })));
}

fn findings(path: &str, text: &str) -> Vec<Finding> {
    match gate(path, text) {
        Err(GateError::Rejected { findings, .. }) => findings,
        other => panic!("{text}: {other:?}"),
    }
}

/// Both the gate and Nix's parser reject these.
const NIX_REJECTS: [(&str, &str); 16] = [
    ("1 |> (x: x)", "pipe operator"),
    ("{ a = 1; a = 2; }", "defined twice"),
    ("{ a.b = 1; a.b.c = 2; }", "defined twice"),
    ("{ a.b = 1; a = 2; }", "defined twice"),
    ("{ a = 1; \"a\" = 2; }", "defined twice"),
    ("let a = 1; a = 2; in a", "defined twice"),
    ("x: { inherit x; x = 1; }", "defined twice"),
    ("{ a, a }: a", "stands twice"),
    ("{ a, b }@a: a", "stands twice"),
    ("{ a = undefined; }", "`undefined` is not defined"),
    ("{ a = 1; b = a; }", "`a` is not defined"),
    ("{ inherit a; }", "`a` is not defined"),
    ("x: let inherit x; y = z; in y", "`z` is not defined"),
    ("x: let ${x} = 1; in 1", "computed name in `let`"),
    ("9223372036854775808", "64-bit"),
    ("{ a = 1; b = ; }", "unexpected"),
];

/// Nix accepts these, the project doesn't.
const PROJECT_REJECTS: [(&str, &str); 19] = [
    ("with builtins; 1", "`with`"),
    ("<nixpkgs>", "search path"),
    ("builtins.currentSystem", "currentSystem"),
    ("builtins.\"currentSystem\"", "currentSystem"),
    ("builtins.currentTime", "currentTime"),
    ("builtins.getEnv \"HOME\"", "getEnv"),
    ("let inherit (builtins) getEnv; in getEnv \"HOME\"", "getEnv"),
    ("let b = builtins; in b.currentTime", "`builtins` as a value"),
    ("(builtins).currentTime", "`builtins` as a value"),
    ("x: builtins.${x}", "computed member"),
    ("__currentSystem", "not defined"),
    ("/etc/passwd", "absolute path"),
    ("x: /etc/${x}", "absolute path"),
    ("~/x", "home folder"),
    ("http://example.org/x", "without quotes"),
    ("__curPos", "__curPos"),
    ("let { body = 1; }", "obsolete"),
    ("{ a = { x = 1; }; a.y = 2; }", "defined twice"),
    ("\"/home/somebody/x\"", "/home/"),
];

const ACCEPTED: [&str; 14] = [
    "{ a.b = 1; a.c = 2; d = { }; }",
    "rec { a = 1; b = a; c = rec { d = b; }; }",
    "let a = b; b = 1; in { inherit a b; }",
    "let inherit (builtins) toJSON; in toJSON",
    "{ lib, stdenv ? lib.x, ... }@args: args // { x = stdenv; }",
    "args@{ a, b ? a, ... }: [ args a b ]",
    "x: y: { ${x}.a = y; \"b${y}\" = x; }",
    "{ a }: { inherit (a) b c; \"d e\" = a.f or a ? g.h; }",
    "builtins ? fetchTree && builtins.isString (toString ./x)",
    "x: import ./nodes/gcc.nix { inherit x; y = map (z: z + 1) [ (-1) ]; }",
    "builtins: builtins.getEnv",
    "f: if f then throw \"x\" else assert f; null",
    "x: ''\n  ${x}/bin/sh $out/tmp/a https://example.org/home/a\n''",
    "let or = 1; a.b = 2; in a.b or 3",
];

#[test]
fn the_gate_rejects_what_nix_rejects() {
    for (text, what) in NIX_REJECTS {
        let found = findings("x.nix", &headed(text));
        assert!(found.iter().any(|finding| finding.message.contains(what)), "{text}: {found:?}");
        assert!(found.iter().all(|finding| finding.line >= 2), "{text}: {found:?}");
        assert!(!nix(&["--parse"], text).status.success(), "Nix accepts {text}");
    }
}

#[test]
fn the_gate_rejects_what_the_project_keeps_out() {
    for (text, what) in PROJECT_REJECTS {
        let found = findings("x.nix", &headed(text));
        assert!(found.iter().any(|finding| finding.message.contains(what)), "{text}: {found:?}");
    }
}

#[test]
fn the_gate_accepts_plain_nix_and_is_idempotent() {
    for text in ACCEPTED {
        let once = gate("a/x.nix", &headed(text)).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(once.starts_with(&format!("{HEADER}\n")));
        assert_eq!(gate("a/x.nix", &once).unwrap(), once);
        assert!(nix(&["--parse"], &once).status.success(), "Nix rejects {once}");
    }
}

/// Strings of either spelling, most of what matters to their value in them, at whatever column.
fn any_string() -> impl Strategy<Value = String> {
    const INDENTED: &[&str] = &[
        "\n", "\n", " ", "  ", "    ", "\t", "a", "b", "\\n", "\"", "''${x}", "'''", "$", "$$", "${\"i\"}", "''\\n",
        "''\\t", "''\\\\", "''\\ ", "''\\\n", "''\\r", "''\\'", "''$", "'", "\r", "\r\n", "\u{2028}",
    ];
    const QUOTED: &[&str] =
        &["\n", " ", "  ", "a", "\\n", "\\\"", "''", "\\${x}", "$$", "${''i''}", "\\\\", "\\t", "\\\n", "\r", "\r\n"];
    let text = |pieces: &'static [&'static str]| {
        prop::collection::vec(prop::sample::select(pieces), 0..12).prop_map(|pieces| pieces.concat())
    };
    prop_oneof![
        3 => text(INDENTED).prop_map(|text| format!("''{text}''")),
        1 => text(QUOTED).prop_map(|text| format!("\"{text}\"")),
    ]
}

/// The string that a text is, unless it is none, or two of which the first is applied to the second.
fn one_string(text: &str) -> Option<SyntaxNode> {
    let root = rnix::Root::parse(text);
    root.syntax().first_child().filter(|node| root.errors().is_empty() && node.kind() == SyntaxKind::NODE_STRING)
}

#[test]
fn the_text_of_strings_is_that_of_nix() {
    let mut runner = TestRunner::deterministic();
    let (mut texts, mut read) = (Vec::new(), Vec::new());
    for _ in 0..6000 {
        let text = any_string().new_tree(&mut runner).unwrap().current();
        if let Some(string) = one_string(&text) {
            // Whatever is interpolated is "i".
            let parts: Vec<_> = strings::text(&string).into_iter().map(|part| part.unwrap_or("i".to_owned())).collect();
            read.push(Json::from(parts.concat()));
            texts.push(text);
        }
    }
    assert!(texts.len() > 3000, "only {} are strings", texts.len());
    let evaluated = evaluate(&format!("let x = \"i\"; in [\n({})\n]", texts.join(")\n(")));
    for ((text, read), value) in texts.iter().zip(&read).zip(evaluated.as_array().unwrap()) {
        assert_eq!(read, value, "{text:?}");
    }
}

#[test]
fn what_is_formatted_holds_the_same_strings() {
    let mut runner = TestRunner::deterministic();
    let (mut before, mut after, mut refused) = (Vec::new(), Vec::new(), 0);
    for _ in 0..4000 {
        let string = any_string().new_tree(&mut runner).unwrap().current();
        if one_string(&string).is_none() {
            continue;
        }
        let text = format!("{{a={{b = {string};}};}}");
        match formatted("x.nix", &text) {
            Ok(formatted) => {
                before.push(format!("({text})"));
                after.push(format!("({formatted})"));
            }
            // Blanks that can't be moved.
            Err(_) => refused += 1,
        }
    }
    assert!(before.len() > 1800, "{refused} of 4000 were refused");
    let [old, new] = [&before, &after].map(|texts| evaluate(&format!("let x = \"i\"; in [\n{}\n]", texts.join("\n"))));
    for (text, (old, new)) in before.iter().zip(old.as_array().unwrap().iter().zip(new.as_array().unwrap())) {
        assert_eq!(old, new, "{text}");
    }
}

#[test]
fn what_cannot_be_formatted_is_refused() {
    // Nix strips the blanks behind the escape, as many as it strips from the lines.
    let text = "{\n  a = ''\n  usage:''\\n    --help\n  '';\n}\n";
    let refused = formatted("x.nix", text).unwrap_err().to_string();
    assert!(refused.starts_with("x.nix:3:9: ") && refused.contains("escape"), "{refused}");
    // Where it stands already it need not be moved, and blanks on a line of their own move with the rest.
    for there in [text.replace("\n  usage", "\n    usage"), text.replace("\\n", "\\\n").replace("\n  ", "\n    ")] {
        let once = formatted("x.nix", &there).unwrap();
        assert_eq!(evaluate(&once), evaluate(&there), "{once}");
    }
    // An escaped blank is stripped as others are.
    let refused = formatted("x.nix", "''   a''\\n''\\ b''").unwrap_err().to_string();
    assert!(refused.starts_with("x.nix:1:7: "), "{refused}");
    assert!(matches!(formatted("x.nix", "or./x"), Err(FormatError::Formatter { .. })));
    // Spelled otherwise, but the same.
    let text = "{ a = ''touch $out''; b = https://example.org/; c = (\"d\"); }";
    let expected = "{\n  a = \"touch $out\";\n  b = \"https://example.org/\";\n  c = (\"d\");\n}\n";
    assert_eq!(formatted("x.nix", text).unwrap(), expected);
}

#[test]
fn findings_say_where_and_come_all_at_once() {
    let found = findings("x.nix", &headed("{\n  é = 1;\n}"));
    assert_eq!(found.first().map(|finding| (finding.line, finding.column)), Some((3, 3)), "{found:?}");
    let error = gate("n/x.nix", &headed("{\n  b = é;\n  a = x; c = y;\n}").replace('é', "z")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "n/x.nix:3:7: `z` is not defined\nn/x.nix:4:7: `x` is not defined\nn/x.nix:4:14: `y` is not defined"
    );
    assert!(findings("x.nix", "{ a = 1").len() >= 3, "no newline, no header, no end");
    assert!(gate("x.nix", "").is_err());
}

#[test]
fn headers_and_dates() {
    let script = format!("#!/bin/sh\n{HEADER}\ncp /dev/null /nix/store/x\n");
    assert_eq!(gate("a.sh", &script).unwrap(), script);
    assert_eq!(with_header("#!/bin/sh\ncp /dev/null /nix/store/x\n"), script);
    assert_eq!(with_header("1\n"), headed("1"));
    assert_eq!(with_header(&script), script);
    assert!(bears_header(script.as_bytes()) && !bears_header(b"") && !bears_header(b"#!/bin/sh"));
    assert!(!bears_header(format!("x\n{HEADER}\n").as_bytes()));
    for (path, text, what) in [
        ("a.nix", "1\n".to_owned(), "must read"),
        ("a.sh", format!("{HEADER}\n#!/bin/sh\n1"), "newline"),
        ("a.sh", "#!/bin/sh\n1\n".to_owned(), "must read"),
        ("a.sh", format!("{HEADER}\n# as of 2024-01-31\n"), "a date"),
        ("a.nix", format!("{HEADER}\n1 # as of 2024-01-31\n"), "a date"),
        ("a.json", "{}\r\n".to_owned(), "carriage return"),
        ("a.json", "{\"a\": \"/root/x\"}\n".to_owned(), "/root/"),
        ("a.json", "{\"a\": 1,}\n".to_owned(), "key must be a string"),
        ("flake.lock", "x\n".to_owned(), "expected"),
        ("a.txt", "file:///tmp/x\n".to_owned(), "/tmp/"),
        ("a.txt", "x=/Users/x\n".to_owned(), "/Users/"),
        ("a.txt", "x".to_owned(), "newline"),
    ] {
        let found = findings(path, &text);
        assert!(found.iter().any(|finding| finding.message.contains(what)), "{path}: {found:?}");
    }
    for (path, text) in [
        ("a.nix", headed("\"2024-01-31\"")),
        ("a.json", "{\"a\": [1, null]}\n".to_owned()),
        ("a.txt", "$out/tmp/x ${x}/root/y https://example.org/home/\n".to_owned()),
    ] {
        assert_eq!(gate(path, &text).unwrap(), text);
    }
}

#[test]
fn nesting_is_bounded_before_a_parser_meets_it() {
    let deep = [
        "[",
        "(",
        "{ a = ",
        "\"${",
        "x: ",
        "let a = ",
        "- ",
        "! ",
        "1 + ",
        "1 ++ ",
        "a // ",
        "if 1 then 1 else ",
        "assert a; ",
    ];
    for piece in deep {
        let refused = formatted("x.nix", &piece.repeat(50_000)).unwrap_err().to_string();
        assert!(refused.contains("nested more than"), "{piece}: {refused:.200}");
    }
    // Length alone is no depth.
    let long = format!("[ {} ]", "{ a = 1 + 2; b = x: { c = [ (x 1) ]; }; } ".repeat(3000));
    assert!(formatted("x.nix", &long).is_ok());
    // What may pass must not overflow the stack, in an unoptimised build.
    for piece in [("[ ", " ]"), ("(", ")"), ("{ a = ", "; }"), ("x: ", ""), ("let a = ", "; in a"), ("\"${", "}\"")] {
        let text = format!("{}1{}", piece.0.repeat(140), piece.1.repeat(140));
        formatted("x.nix", &text).unwrap_or_else(|error| panic!("{text:.80}: {error}"));
    }
}

#[test]
fn an_overlong_line_is_broken_before_a_selection() {
    let long = "u".repeat(150);
    let broken = formatted("x.nix", &format!("[ (f {long}).b ]")).unwrap();
    assert_eq!(broken, format!("[\n  (f {long})\n  .b\n]\n"));
}

#[test]
fn chains_are_bounded_before_a_parser_meets_them() {
    let repeated = |before: &str, piece: &str, after: &str| format!("{before}{}{after}\n", piece.repeat(20_000));
    for (text, why) in [
        (repeated("a", ".b", ""), "selections in a row"),
        (repeated("a", ".\"b\"", ""), "selections in a row"),
        (repeated("a", ".${b}", ""), "selections in a row"),
        (repeated("a ? b", ".b", ""), "selections in a row"),
        (repeated("{ a", ".b", " = 1; }"), "selections in a row"),
        (repeated("[ a", ".b", " ]"), "selections in a row"),
        (format!("[ a.{} ]", "b".repeat(1001)), "bytes of names in one row of selections"),
        (format!("{{ a = \"${{b{}}}\"; }}", format!(".{}", "c".repeat(101)).repeat(10)), "bytes of names"),
        (repeated("f", " x", ""), "arguments of one function"),
        (repeated("f", " a.b", ""), "arguments of one function"),
        (repeated("f", " (x)", ""), "arguments of one function"),
        (repeated("f", " rec { }", ""), "arguments of one function"),
        (repeated("f", " \"x${y}\"", ""), "arguments of one function"),
        (repeated("", "(f a b c d e f g ", ""), "arguments of functions around one place"),
        (repeated("", "/* x */ ", "1"), "comments on one line"),
        (repeated("[", " a ++", " ]"), "nested more than"),
        (repeated("a", " || b", ""), "nested more than"),
        (repeated("a", " b.c or", " d"), "nested more than"),
    ] {
        let refused = formatted("x.nix", &text).unwrap_err().to_string();
        assert!(refused.starts_with("x.nix:1:") && refused.contains(why), "{text:.40}: {refused:.200}");
    }
    // Neighbours that are not applied to each other, and names that are not selected from each other.
    for text in [
        repeated("[", " a.b", " ]").replace(" ]", "\n]"),
        format!("{{ inherit (a) {}; b = [ {} ]; }}", "c ".repeat(500), "\"d\" ".repeat(500)),
        format!("{{ a = {}; b = \"{}\"; }}", "f x y + ".repeat(100) + "1", "${c}".repeat(500)),
        format!("{{ {} }}", "a.b.c = d.e; ".repeat(500)),
        format!("[ a.{} ]", "b".repeat(1000)),
        format!("{{ {} }}", format!("a.{0} = d.{0}; ", "b".repeat(300)).repeat(100)),
        format!("{{ {} }}: 1", (0..500).map(|number| format!("a{number}, ")).collect::<String>()),
        format!("{}1", "# x\n".repeat(500)),
    ] {
        formatted("x.nix", &text).unwrap_or_else(|error| panic!("{text:.80}: {error}"));
    }
}

/// Pieces of Nix and of templates, far likelier to meet in odd ways than in honest text.
const SOUP: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "''",
    "${",
    "$",
    ";",
    ":",
    "=",
    ".",
    ",",
    "...",
    "@",
    "?",
    "let",
    "in",
    "rec",
    "inherit",
    "if",
    "then",
    "else",
    "or",
    "a",
    "b",
    "a",
    "builtins",
    "./x",
    "/x",
    "~/",
    "<x>",
    "1",
    "1.5",
    "-",
    "!",
    "++",
    "//",
    "#",
    "/*",
    "*/",
    "\n",
    " ",
    "\\",
    "é",
    "\0",
    "http://x",
    "__curPos",
    "|>",
    "<|",
    "assert",
    "with",
    "a = 1;",
    "{ a }:",
    "a:",
    "let a = 1; in",
    "{ a = a; }",
    "inherit a;",
    "rec {",
    "(a)",
    "\"${a}\"",
    "[ a ]",
    "a.b",
];

#[test]
fn the_gate_never_panics_and_what_passes_is_nix() {
    let mut runner = TestRunner::deterministic();
    // Half of the texts are soup, half are good text with pieces of soup in random places: more of those pass.
    let base = prop_oneof![Just(""), proptest::sample::select(&ACCEPTED[..])];
    let pieces = proptest::collection::vec((proptest::sample::select(SOUP), any::<prop::sample::Index>()), 0..6);
    let strategy = (base, pieces, any::<bool>());
    let dir = tempfile::tempdir().unwrap();
    let mut passed = Vec::new();
    for _ in 0..6000 {
        let (base, pieces, spaced) = strategy.new_tree(&mut runner).unwrap().current();
        let mut text: Vec<String> = base.chars().map(String::from).collect();
        for (piece, place) in pieces {
            text.insert(place.index(text.len() + 1), if spaced { format!(" {piece} ") } else { piece.to_owned() });
        }
        let text = headed(&format!("a: b: {}", text.concat()));
        if let Ok(formatted) = gate("x.nix", &text) {
            assert_eq!(gate("x.nix", &formatted).as_ref(), Ok(&formatted), "{text}");
            let file = dir.path().join(format!("{}.nix", passed.len()));
            std::fs::write(&file, formatted).unwrap();
            passed.push(file);
        }
        let _ = gate("x.sh", &text);
        let _ = gate::templates::check(&text);
        let _ = Engine::new(&[("t", &text)]);
    }
    assert!(passed.len() > 500, "{} of the texts passed: too few to say anything", passed.len());
    let output =
        Command::new("nix-instantiate").args(["--store", "dummy://", "--parse"]).args(&passed).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const TEMPLATE_SOUP: &[&str] = &[
    "{{",
    "}}",
    "{{{",
    "}}}",
    "{{x}}",
    "{{#each x}}",
    "{{/each}}",
    "{{else}}",
    "{{^}}",
    "{{!-- c --}}",
    "{{~x~}}",
    "{{value x}}",
    "{{comment x}}",
    "\\{{",
    "{{{{raw}}}}",
    "\"",
    "''",
    "#",
    "\n",
    " ",
    "a",
    "$",
    "{",
    "}",
    "[",
    "]",
    "{{comment",
    "x",
    "@key",
    "../",
    "(",
    ")",
    "=",
    "1",
    "{{>",
    "{{*",
    "{{&",
    "as |y|",
    "é",
    "{{a}}",
    "{{comment a}}",
];

#[test]
fn templates_never_panic() {
    let mut runner = TestRunner::deterministic();
    let strategy = proptest::collection::vec(proptest::sample::select(TEMPLATE_SOUP), 0..12);
    let mut rendered = 0;
    for _ in 0..6000 {
        let template = strategy.new_tree(&mut runner).unwrap().current().concat();
        if let Ok(engine) = Engine::new(&[("t", &template)]) {
            rendered += usize::from(engine.render("t", json!({ "x": ["a", "${b}"], "a": "c" })).is_ok());
            let _ = gate::templates::check(&template);
        }
    }
    assert!(rendered > 50, "{rendered} of the templates were filled: too few to say anything");
}
