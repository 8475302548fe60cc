//! Kernels: from their table in a matrix to nodes, files and checks.

use super::project::{planned, seeds};
use crate::diag::{self, Wrong};
use crate::matrix::Matrix;
use crate::nix::hash::Sha256;
use crate::plan::{Arg, Node, SystemPlan};
use crate::platform::System;
use crate::reader::{Beside, UserFiles};

/// One file that a matrix may name.
struct File(&'static str, &'static str);

impl UserFiles for File {
    fn read_most(&self, path: &str, _: usize) -> Result<Vec<u8>, Wrong> {
        if path == self.0 { Ok(self.1.into()) } else { Err(Wrong::new("no such file", "write one")) }
    }

    fn optional(&self, path: &str) -> Result<Option<Vec<u8>>, Wrong> {
        Ok(self.read(path).ok())
    }

    fn digest(&self, path: &str) -> Result<(Sha256, u64), Wrong> {
        self.read(path).map(|bytes| (Sha256::of(&bytes), bytes.len() as u64))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, Wrong> {
        let name = self.0.strip_prefix(&format!("{folder}/"));
        name.map(|name| vec![name.to_owned()]).ok_or(Wrong::new("no such folder", "make one"))
    }
}

fn matrix(rest: &str, file: &File) -> Matrix {
    let text = format!("crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n{rest}");
    Matrix::parse_with(&text, file)
        .unwrap_or_else(|problems| panic!("{}", diag::render("matrix.toml", &text, &problems, false)))
}

fn system(matrix: &Matrix) -> SystemPlan {
    planned(matrix).systems.remove(&System::X86_64Linux).unwrap()
}

fn node<'a>(plan: &'a SystemPlan, cell: &str) -> &'a Node {
    let cell = plan.cells.iter().find(|it| it.name == cell).unwrap_or_else(|| panic!("no cell {cell}"));
    plan.nodes.iter().find(|node| Some(node.name.as_str()) == cell.node()).unwrap()
}

const MINE: &str = "[linux]\ntargets = [\"arm64\"]\nconfig = [\"boot\", \"mine\"]\n\
                    [kernel-config.mine]\nfragments = [\"boot\", \"mine.config\"]\n";

#[test]
fn a_fragment_goes_into_the_tree() {
    let matrix = matrix(MINE, &File("mine.config", "CONFIG_TMPFS=y\n"));
    let tree = crate::tree::tree(&planned(&matrix), &seeds(&matrix), true).unwrap();
    assert_eq!(tree["crossloom/config/mine.config"].text, "CONFIG_TMPFS=y\n");
    // crossloom's own, those of this architecture alone.
    let own: Vec<_> = tree.keys().filter(|path| path.starts_with("crossloom/linux/config/")).collect();
    assert_eq!(own, ["crossloom/linux/config/boot-arm64.config", "crossloom/linux/config/boot.config"]);
    let text = &tree["crossloom/x86_64-linux.nix"].text;
    assert!(text.contains("./config/mine.config"), "{text}");
    assert!(text.contains("./linux/config/boot-arm64.config"), "{text}");
}

#[test]
fn what_a_fragment_says_is_part_of_the_nodes_name() {
    let of = |text| {
        let plan = system(&matrix(MINE, &File("mine.config", text)));
        [node(&plan, "linux-arm64").name.clone(), node(&plan, "linux-arm64-mine").name.clone()]
    };
    let [plain, one] = of("CONFIG_TMPFS=y\n");
    let [same, other] = of("CONFIG_TMPFS=n\n");
    assert_eq!(plain, "linux-6_1_176-arm64");
    assert_eq!(plain, same);
    assert_ne!(one, other);
    assert!(one.starts_with("linux-6_1_176-arm64-"), "{one}");
}

#[test]
fn gcc_is_that_of_a_plain_toolchain() {
    let rest = "[linux]\ntargets = [\"x86_64\"]\ncompiler = [\"gcc\"]\nconfig = [\"defconfig\"]\n\
                [musl-gcc]\ntargets = [\"x86_64-linux-musl\"]\n";
    let plan = system(&matrix(rest, &File("", "")));
    let gccs: Vec<_> = plan.nodes.iter().filter(|node| node.recipe == "musl-gcc/gcc").collect();
    assert_eq!(gccs.len(), 1);
    let linux = node(&plan, "linux-x86_64");
    assert_eq!(linux.args["compilerFlags"], Arg::Texts(vec!["CROSS_COMPILE=x86_64-linux-musl-".into()]));
    assert_eq!(linux.name, "linux-6_1_176-x86_64-gcc-defconfig");
    // A kernel needs no library of the target: a change of musl builds none again.
    let closure: Vec<_> = plan.closure([linux.name.as_str()]).iter().map(|node| node.recipe).collect();
    assert_eq!(
        closure,
        [
            "musl-gcc/gmp",
            "musl-gcc/mpfr",
            "musl-gcc/mpc",
            "musl-gcc/binutils",
            "musl-gcc/gcc",
            "linux/kernel-gcc",
            "linux/linux"
        ]
    );
    // A configuration that is not known to boot is not said to.
    assert!(plan.checks.iter().all(|check| !check.name.starts_with("boot-")));
}

#[test]
fn every_kernel_that_boots_has_a_check() {
    let rest = "[linux]\ntargets = [\"arm64\", \"riscv64\", \"x86_64\"]\ncompiler = [\"llvm\", \"gcc\"]\n";
    let plan = system(&matrix(rest, &File("", "")));
    let checks: Vec<_> = plan.checks.iter().map(|check| check.name.as_str()).collect();
    let cells: Vec<_> = plan.cells.iter().map(|cell| format!("boot-{}", cell.name)).collect();
    assert_eq!(checks, cells);
    assert_eq!(checks.len(), 6);
}

const WITH_MODULE: &str = "[linux]\ntargets = [\"arm64\", \"x86_64\"]\nmodules = [\"hello\"]\n\
                           [linux-module.hello]\nsource = \"mine\"\n";

#[test]
fn a_module_is_built_against_every_kernel_and_loaded_by_its_check() {
    let plan = system(&matrix(WITH_MODULE, &File("mine/Kbuild", "obj-m := hello.o\n")));
    let cells: Vec<_> = plan.cells.iter().map(|cell| cell.name.as_str()).collect();
    assert_eq!(cells, ["linux-arm64", "linux-module-hello-arm64", "linux-x86_64", "linux-module-hello-x86_64"]);
    for target in ["arm64", "x86_64"] {
        let kernel = node(&plan, &format!("linux-{target}"));
        let module = node(&plan, &format!("linux-module-hello-{target}"));
        assert_eq!(module.args["linux"], Arg::Node(kernel.name.clone()));
        let check = plan.checks.iter().find(|check| check.name == format!("boot-linux-{target}")).unwrap();
        assert!(check.args.contains(&("modules", Arg::Nodes(vec![module.name.clone()]))), "{:?}", check.args);
        // The kernel itself does not depend on it.
        assert!(plan.closure([kernel.name.as_str()]).iter().all(|node| node.recipe != "linux/linux-module"));
    }
}

#[test]
fn what_a_module_is_made_of_goes_into_the_tree_and_its_nodes_name() {
    let of = |text: &'static str| {
        let matrix = matrix(WITH_MODULE, &File("mine/Makefile", text));
        let tree = crate::tree::tree(&planned(&matrix), &seeds(&matrix), true).unwrap();
        assert_eq!(tree["crossloom/module/hello/Makefile"].text, text);
        assert!(tree["crossloom/x86_64-linux.nix"].text.contains("src = ./module/hello;"));
        node(&system(&matrix), "linux-module-hello-arm64").name.clone()
    };
    let (one, other) = (of("obj-m := a.o\n"), of("obj-m := b.o\n"));
    assert_ne!(one, other);
    assert!(one.starts_with("linux-module-hello-") && one.ends_with("-6_1_176-arm64"), "{one}");
}

#[test]
fn a_module_that_needs_another_comes_after_it() {
    let of = |flags: &str| {
        let rest = format!(
            "[linux]\ntargets = [\"arm64\"]\nmodules = [\"one\", \"two\"]\n\
             [linux-module.one]\nsource = \"mine\"\nneeds = [\"two\"]\n\
             [linux-module.two]\nsource = \"mine\"\n{flags}"
        );
        system(&matrix(&rest, &File("mine/Kbuild", "include $(src)/common.mk\n")))
    };
    let (plain, flags) = (of(""), of("make-flags = [\"CONFIG_TWO=m\", \"X=\"]\n"));
    let nodes =
        |plan: &SystemPlan| ["one", "two"].map(|name| node(plan, &format!("linux-module-{name}-arm64")).clone());
    let [one, two] = nodes(&plain);
    assert_eq!(one.args["needs"], Arg::Nodes(vec![two.name.clone()]));
    assert!(!two.args.contains_key("needs") && !two.args.contains_key("makeFlags"));
    // What make is told is part of what a module is, and of what those are that need it.
    let [other_one, other_two] = nodes(&flags);
    assert_eq!(other_two.args["makeFlags"], Arg::Texts(vec!["CONFIG_TWO=m".into(), "X=".into()]));
    assert!(one.name != other_one.name && two.name != other_two.name);
}

#[test]
fn modules_are_built_for_kernels_that_take_them() {
    let cells = |config: &str, file: &File| {
        let rest = format!(
            "[linux]\ntargets = [\"arm64\"]\nconfig = [\"boot\", {config}]\nmodules = [\"good\"]\n\
             [linux-module.good]\nsource = \"mine\"\n"
        );
        let plan = system(&matrix(&rest, file));
        plan.cells.iter().map(|cell| cell.name.clone()).filter(|name| name.contains("module")).collect::<Vec<_>>()
    };
    let kbuild = File("mine/Kbuild", "obj-m := good.o\n");
    assert_eq!(cells("\"tinyconfig\", \"allnoconfig\"", &kbuild), ["linux-module-good-arm64"]);
    let both = ["linux-module-good-arm64", "linux-module-good-arm64-defconfig"];
    assert_eq!(cells("\"defconfig\"", &kbuild), both);
}

/// The real thing: folders on a disk.
#[test]
fn folders_beside_a_matrix() {
    let dir = tempfile::tempdir().unwrap();
    let beside = Beside(dir.path());
    let at = |path: &str| dir.path().join(path);
    std::fs::create_dir_all(at("m/sub/.git")).unwrap();
    for file in ["m/Kbuild", "m/sub/a.c", "m/sub/.git/config", "m/.hidden"] {
        std::fs::write(at(file), "x").unwrap();
    }
    assert_eq!(beside.list("m").unwrap(), ["Kbuild", "sub/a.c"]);
    assert!(beside.list("none").unwrap_err().hint.contains("is looked for"));
    assert!(beside.list("m/Kbuild").is_err());
    std::os::unix::fs::symlink("/etc", at("m/link")).unwrap();
    assert!(beside.list("m").unwrap_err().message.contains("is neither"));
    std::fs::remove_file(at("m/link")).unwrap();
    // Nor is anything read by way of one.
    std::os::unix::fs::symlink(at("m"), at("way")).unwrap();
    std::os::unix::fs::symlink(at("m/Kbuild"), at("one.config")).unwrap();
    for (error, link) in [
        (beside.list("way").unwrap_err(), "way"),
        (beside.list("way/sub").unwrap_err(), "way"),
        (beside.read("way/Kbuild").unwrap_err(), "way"),
        (beside.read("one.config").unwrap_err(), "one.config"),
    ] {
        assert_eq!(error.message, format!("{} is a link", at(link).display()));
    }
    assert_eq!(beside.read("m/Kbuild").unwrap(), b"x");
    for number in 0..crate::reader::MAX_USER_FILES {
        std::fs::write(at(&format!("m/{number}.c")), "").unwrap();
    }
    assert!(beside.list("m").unwrap_err().message.contains("more than"));
}
