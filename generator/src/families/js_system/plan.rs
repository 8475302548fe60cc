//! The nodes of a system: the runtime, the initramfs, and both with the kernel as one package.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::nodejs::Linking;
use super::packages::Npm;
use super::root::Root;
use super::{ABOUT, JsSystem, QUICKJS_NG, Spec, disk, nodejs};
use crate::families::{linux, musl_gcc};
use crate::family::{CellOf, Target};
use crate::lock::{Given, Wanted};
use crate::nix::hash::FileHash;
use crate::plan::{Arg, Cell, Check, Node, Output, Planner, digits_of, node, node_name, source, text, texts};

/// Where roots are in a tree.
const PLACE: &str = "system-root";
/// What the parts of a root are called there, and as arguments of recipes.
const APP: &str = "app";
const USERS: &str = "home";
/// The files of both that are not text. It is a folder beside theirs, so that no file of a user's has the same place.
const ENCODED: &str = "base64";

/// What the kernel is told beside its console: to ask for an address, and to leave the console to programs.
const COMMAND_LINE: &str = "ip=dhcp quiet";
/// The kernel panics if its test of the timer fails, as it does in an emulator on a busy machine. On x86 it skips the test.
const COMMAND_LINE_X86: &str = " no_timer_check";

/// What a cell is built from and checked with.
pub fn wanted(cell: &CellOf<JsSystem>) -> Vec<Wanted> {
    let mut wanted = linux::kernel_wanted(&cell.spec.kernel);
    wanted.extend(musl_gcc::toolchain_wanted());
    match cell.spec.runtime.nodejs() {
        None => wanted.push(Wanted::Release(QUICKJS_NG.default())),
        Some((line, _)) => wanted.extend(line.wanted()),
    }
    wanted.extend(cell.spec.root.packages.values().map(archive));
    wanted.extend(disk::wanted(cell));
    wanted
}

/// The archive of a package.
fn archive(npm: &Npm) -> Wanted {
    let Npm { name, version, integrity, .. } = npm;
    let file = format!("{}-{version}.tgz", npm.base());
    // Attributes of Nix have fewer characters than npm's names: digits tell apart what would be one.
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let spelt: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let package = match plain {
        true => format!("npm-{name}"),
        false => format!("npm-{}-{}", spelt.trim_start_matches('-'), digits_of([name.as_str()])),
    };
    let urls = vec![format!("mirror://npm/{name}/-/{file}")];
    let given =
        Given { package, version: version.clone(), file, hash: FileHash::Sha512(*integrity), tree: false, urls };
    Wanted::Given(Arc::new(given))
}

/// The packages of a cell's root, unpacked, and their native addons compiled where the runtime loads them; none where it has
/// none.
fn packages(planner: &mut Planner<'_>, spec: &Spec) -> Option<String> {
    if spec.root.packages.is_empty() {
        return None;
    }
    let (root, gcc) = (&spec.root, spec.kernel.gcc);
    let dynamic = spec.runtime.nodejs().filter(|(_, linking)| *linking == Linking::Dynamic);
    let loader = dynamic.and_then(|(line, _)| Some((line, line.cpu(gcc)?)));
    let native = if loader.is_some() { "keep" } else { "refuse" };
    let archives: Vec<Wanted> = root.packages.values().map(archive).collect();
    let names: Vec<String> = archives.iter().map(Wanted::name).collect();
    let hashes: Vec<String> = archives.iter().filter_map(Wanted::hash).map(|hash| hash.to_hex()).collect();
    let places: Vec<String> = root.packages.keys().cloned().collect();
    let origins = root.packages.values().map(|npm| format!("npm:{}@{}", npm.name, npm.version)).collect();
    let optional: Vec<String> =
        root.packages.iter().filter(|(_, npm)| npm.optional).map(|(place, _)| place.clone()).collect();
    let all = names.iter().chain(&hashes).chain(&places).map(String::as_str);
    // The empty text keeps the lists apart.
    let all = all.chain([native, ""]).chain(optional.iter().map(String::as_str));
    let name = format!("npm-packages-{}", digits_of(all));
    let args = [
        ("archives", Arg::Sources(names)),
        ("places", Arg::Texts(places)),
        ("origins", Arg::Texts(origins)),
        ("optional", Arg::Texts(optional.clone())),
        ("native", text(native)),
    ];
    let packages = planner.add(name, "js-system/npm-packages", args);
    Some(match loader {
        Some((line, cpu)) => {
            let toolchain = musl_gcc::default_toolchain(planner, gcc);
            nodejs::addons(planner, line, gcc, (cpu, &toolchain), &packages, optional)
        }
        None => packages,
    })
}

/// The place of a part of a root in a tree.
fn folder(root: &Root, part: &str) -> String {
    format!("{PLACE}/{}/{part}", root.name)
}

/// The texts of each part of a root, by their paths in its folder.
fn parts(root: &Root) -> [(&'static str, BTreeMap<String, &str>); 3] {
    fn below<'a>(above: &str, files: &'a BTreeMap<String, String>) -> impl Iterator<Item = (String, &'a str)> {
        files.iter().map(move |(path, text)| (format!("{above}{path}"), text.as_str()))
    }
    let (app, users) = (&root.files, &root.users);
    let encoded = below("app/", &app.encoded).chain(below("home/", &users.encoded));
    [(APP, below("", &app.texts).collect()), (USERS, below("", &users.texts).collect()), (ENCODED, encoded.collect())]
}

/// Paths and texts.
fn contents<'a>(files: &'a BTreeMap<String, &'a str>) -> impl Iterator<Item = &'a str> {
    files.iter().flat_map(|(path, text)| [path.as_str(), *text])
}

/// The user's files that a cell is made of, by their places in a tree.
pub fn files(cell: &CellOf<JsSystem>) -> BTreeMap<String, String> {
    let root = &cell.spec.root;
    let own = parts(root).into_iter().flat_map(|(part, files)| {
        let place = folder(root, part);
        files.into_iter().map(move |(path, text)| (format!("{place}/{path}"), text.to_owned()))
    });
    own.chain(linux::config_files(&cell.spec.kernel.config)).collect()
}

/// The runtime's node.
fn runtime(planner: &mut Planner<'_>, spec: &Spec) -> String {
    let toolchain = musl_gcc::default_toolchain(planner, spec.kernel.gcc);
    let nodejs = spec.runtime.nodejs().and_then(|which| Some((which, which.0.cpu(spec.kernel.gcc)?)));
    if let Some((which, cpu)) = nodejs {
        return nodejs::program(planner, which, spec.kernel.gcc, cpu, &toolchain);
    }
    let (release, triple) = (QUICKJS_NG.default(), spec.kernel.gcc.triple());
    planner.add(
        node_name("quickjs-ng", release, triple, &[], &[]),
        "js-system/quickjs-ng",
        [
            ("src", source(release)),
            ("version", text(release.version())),
            ("target", text(triple)),
            ("toolchain", node(&toolchain)),
        ],
    )
}

pub fn plan(planner: &mut Planner<'_>, cell: &CellOf<JsSystem>) {
    let (target, spec) = (cell.target, &cell.spec);
    let root = &spec.root;
    let kernel = linux::kernel_node(planner, target, &spec.kernel);
    let runtime = runtime(planner, spec);

    let parts = parts(root);
    let [app, users, encoded] = parts.each_ref().map(|(_, files)| files);
    // The empty text keeps files of one part apart from those of the next.
    let next = encoded.first_key_value().map(|_| "");
    let all = contents(app).chain([""]).chain(contents(users)).chain(next).chain(contents(encoded));
    let packages = packages(planner, spec);
    let digits = digits_of(all.chain([runtime.as_str()]).chain(packages.as_deref()));
    let kernel_part = kernel.strip_prefix("linux-").unwrap_or(&kernel);
    let mut args = BTreeMap::from([("name", text(&root.name)), ("runtime", node(&runtime)), ("linux", node(&kernel))]);
    for (part, _) in parts.iter().filter(|(_, files)| !files.is_empty()) {
        args.insert(*part, Arg::Folder(folder(root, part)));
    }
    if let Some(packages) = &packages {
        args.insert("packages", node(packages));
    }
    let initramfs = format!("initramfs-{}-{digits}-{kernel_part}", root.name);
    planner.insert(Node { name: initramfs.clone(), recipe: "js-system/initramfs", args });

    let emulator = target.emulator();
    let more = if ["i386", "x86_64"].contains(&target.arch()) { COMMAND_LINE_X86 } else { "" };
    let command_line = format!("{} {COMMAND_LINE}{more}", emulator.command_line);
    let args = [("linux", node(&kernel)), ("initramfs", node(&initramfs)), ("commandLine", text(&command_line))];
    let system = format!("js-system-{}-{digits}-{kernel_part}", root.name);
    let system = planner.add(system, "js-system/js-system", args);

    let machine = texts(emulator.flags);
    let args = [("package", node(&system)), ("emulator", text(emulator.program)), ("machine", machine)];

    let release = match spec.runtime.nodejs() {
        None => QUICKJS_NG.default(),
        Some((line, _)) => line.release(),
    };
    let words = [
        ("root", root.name.as_str()),
        ("runtime", spec.runtime.as_str()),
        ("compiler", spec.kernel.compiler.as_str()),
        ("config", spec.kernel.config.name.as_str()),
    ];
    let built = planner.was_built(ABOUT.key, target.name(), &words, &[release, spec.kernel.linux]);
    let package = Cell { built, ..cell.package(&ABOUT, Output::Node(system.clone())) };
    planner.cell(package.clone());
    // The emulator is a program of Linux build machines.
    if planner.system.is_linux() {
        let run = planner.add(format!("run-{system}"), "js-system/run-system", args.clone());
        let runner = Cell { output: Output::Node(run), built: false, ..package.clone() };
        planner.cell(runner.renamed(|name| format!("{name}-qemu")));
    }
    // Its own tests take the place of the scripts of a root, so one without any has them.
    let lone = root.files.is_empty() && root.users.is_empty();
    if let Some((line, _)) = spec.runtime.nodejs().filter(|_| lone) {
        let tests = args.iter().cloned().chain(nodejs::tests(planner, line)).collect();
        planner.check(Check::new(format!("tests-{}", cell.name), "js-system/nodejs/tests", tests));
    }
    let mut boot = Vec::from(args);
    boot.push(("serial", Arg::Texts(root.serial.clone())));
    disk::plan(planner, cell, (&package, &system), &boot);
    planner.check(Check::new(format!("boot-{}", cell.name), "js-system/boot", boot));
    let contents = vec![("initramfs", node(&initramfs))];
    planner.check(Check::new(format!("contents-{}", cell.name), "js-system/contents", contents));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::folder::Files;

    #[test]
    fn encoded_files_have_a_folder_of_their_own() {
        let file = |path: &str| BTreeMap::from([(path.to_owned(), path.to_owned())]);
        let files = Files { texts: file("base64/app/a"), encoded: file("a") };
        let (name, packages) = ("mine".to_owned(), BTreeMap::new());
        let root = Root { name, users: files.clone(), files, packages, serial: Vec::new() };
        let places = parts(&root).map(|(part, files)| {
            files.keys().map(|path| format!("{}/{path}", folder(&root, part))).collect::<Vec<_>>()
        });
        let expected = ["app/base64/app/a", "home/base64/app/a", "base64/app/a", "base64/home/a"];
        assert_eq!(places.concat(), expected.map(|place| format!("system-root/mine/{place}")));
    }
}
