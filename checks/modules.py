#!/usr/bin/env python3
"""Which files names of modules mean under QuickJS-ng, by the rules of Node.js, and how modules of both kinds work together.

    modules.py CROSSLOOM      builds the runtime for this machine's processor, and asks it
    modules.py --qjs PROGRAM  asks a runtime that is there
    modules.py --node NODE    asks Node.js itself (20.6 or newer), which shows that the table below is right

Prints one line for each name that means another file than the table says, and for each line that a program should have
printed and did not; exits 1 if there is one.
"""

import argparse
import difflib
import json
import pathlib
import subprocess
import sys
import tempfile

from project import SYSTEM

MATRIX = """\
crossloom = 1
[build]
systems = ["{system}"]
[sources]
prefer = ["debian", "upstream"]
[js-system]
targets = ["{target}"]
"""
TARGETS = {"x86_64-linux": "x86_64", "aarch64-linux": "arm64"}

# The package.json of each folder that has one. All other files are empty.
PACKAGES = {
    "app": {"name": "app", "exports": "./own.js", "imports": {
        "#own": "./lib/own.js",
        "#lib/*": "./lib/*.js",
        "#lib/private/*": None,
        "#package": "plain",
        "#part": "paths/deep",
        "#choice": {"node-only": "./never.js", "import": "./lib/import.js", "require": "./lib/require.js"},
        "#outside": "../outside.js",
        "#missing": "./lib/missing.js",
        "#again": "#own",
        "#": "./lib/own.js",
        "#/own": "./lib/own.js",
    }},
    "app/node_modules/plain": {"main": "lib/main"},
    "app/node_modules/no-main": {},
    "app/node_modules/lost-main": {"main": "lost.js"},
    "app/node_modules/folder-main": {"main": "lib"},
    "app/node_modules/empty-main": {"main": ""},
    "app/node_modules/slash-main": {"main": "./part/"},
    "app/node_modules/number-main": {"main": 5},
    "app/node_modules/sub": {"main": "main.js"},
    "app/node_modules/sub/inner": {"main": "start.js"},
    "app/node_modules/@scope/name": {"main": "main.js"},
    "app/node_modules/text": {"exports": "./main.js", "main": "other.js"},
    "app/node_modules/list": {"exports": ["not-a-path", "./main.js"]},
    "app/node_modules/choice": {"exports": {"import": "./main.mjs", "require": "./main.cjs"}},
    "app/node_modules/nested": {
        "exports": {".": {"browser": "./b.js", "import": {"worker": "./w.js"}, "default": "./main.js"}},
    },
    "app/node_modules/stops": {"exports": {".": {"default": None, "require": "./main.js", "import": "./main.js"}}},
    "app/node_modules/never": {"exports": {".": {"browser": "./main.js"}}},
    "app/node_modules/bad": {"exports": {".": "main.js", "./up": "./../no-main/index.js", "./inside": "./node_modules/x.js"}},
    "app/node_modules/paths": {"exports": {
        ".": "./main.js",
        "./deep": "./lib/deep.js",
        "./f/*": "./lib/*.js",
        "./f/private/*": None,
        "./f/*.json": "./data/*.json",
        "./f/a*z": "./lib/middle.js",
        "./twice/*": "./lib/*/*.js",
        "./lost": "./lost.js",
        "./package.json": "./package.json",
    }},
    "app/node_modules/myself": {"name": "myself", "exports": {".": "./main.js", "./x": "./x.js"}},
    "app/node_modules/itself": {"name": "itself", "main": "main.js"},
    "app/node_modules/outer": {"main": "main.js"},
    "app/node_modules/plain/node_modules/outer": {},
    "app/node_modules/plain/node_modules/sub": {"main": "lost.js"},
    "app/node_modules/none": {"exports": None, "main": "main.js"},
    "app/node_modules/no-end": {},
    "app/node_modules/not-paths": {"exports": {
        ".": {"import": "main.js", "require": 5, "default": "./main.js"},
        "./list": [{"import": "main.js", "require": []}, {"default": "./main.js"}],
        "./none": {"import": [None, {"browser": "./main.js"}], "require": [], "default": "./main.js"},
    }},
}
FILES = """\
app/main.js app/own.js app/lib/own.js app/lib/import.js app/lib/require.js app/lib/private/x.js app/lib/index.js
app/lib.js app/data.json app/common.cjs app/common/index.js app/both.js app/both/index.js app/folder/index.js outside.js app/deep/er/file.js
app/node_modules/plain/lib/main.js app/node_modules/plain/lib/second.js app/node_modules/plain/inside.js
app/node_modules/no-main/index.js app/node_modules/lost-main/index.js app/node_modules/folder-main/lib/index.js
app/node_modules/empty-main/index.js app/node_modules/slash-main/part.js app/node_modules/number-main/index.js
app/node_modules/sub/main.js app/node_modules/sub/inner/start.js app/node_modules/sub/file.js
app/node_modules/@scope/name/main.js app/node_modules/@scope/name/part.js
app/node_modules/text/main.js app/node_modules/text/other.js app/node_modules/list/main.js
app/node_modules/choice/main.mjs app/node_modules/choice/main.cjs app/node_modules/nested/main.js
app/node_modules/stops/main.js app/node_modules/never/main.js app/node_modules/bad/main.js app/node_modules/bad/node_modules/x.js
app/node_modules/paths/main.js app/node_modules/paths/lib/deep.js app/node_modules/paths/lib/one.js
app/node_modules/paths/lib/one/two.js app/node_modules/paths/lib/private/x.js app/node_modules/paths/data/one.json
app/node_modules/paths/lib/az.js app/node_modules/paths/lib/middle.js app/node_modules/paths/lib/two/two.js
app/node_modules/myself/main.js app/node_modules/myself/x.js app/node_modules/myself/y.js app/node_modules/itself/main.js
app/node_modules/outer/main.js app/node_modules/outer/far.js app/node_modules/single.js app/node_modules/none/main.js
app/node_modules/plain/node_modules/outer/other.js app/node_modules/no-end/index app/node_modules/not-paths/main.js
""".split()

# The path is what `require` means, though Node.js refuses it. Packages have files for bundlers that are written so.
FOR_BUNDLERS = object()
# For each file, names in it, with what require() and import mean by them: a path, where two dots in front stand for
# app/node_modules, or None.
CASES = {
    "app/main.js": [
        ("./own.js", "app/own.js", "app/own.js"),
        ("./own", "app/own.js", None),
        ("./data", "app/data.json", None),
        ("./both", "app/both.js", None),
        ("./common", "app/common/index.js", None),
        ("./both/", "app/both/index.js", None),
        ("./folder", "app/folder/index.js", None),
        ("./missing.js", None, None),
        ("..", None, None),
        ("plain", "..plain/lib/main.js", "..plain/lib/main.js"),
        ("plain/lib/second", "..plain/lib/second.js", None),
        ("plain/lib/second.js", "..plain/lib/second.js", "..plain/lib/second.js"),
        ("plain/package.json", "..plain/package.json", "..plain/package.json"),
        ("no-main", "..no-main/index.js", "..no-main/index.js"),
        ("lost-main", "..lost-main/index.js", "..lost-main/index.js"),
        ("folder-main", "..folder-main/lib/index.js", "..folder-main/lib/index.js"),
        ("slash-main", "..slash-main/part.js", FOR_BUNDLERS),
        ("empty-main", "..empty-main/index.js", "..empty-main/index.js"),
        ("number-main", "..number-main/index.js", "..number-main/index.js"),
        ("sub/inner", "..sub/inner/start.js", None),
        ("sub/file", "..sub/file.js", None),
        ("@scope/name", "..@scope/name/main.js", "..@scope/name/main.js"),
        ("@scope/name/part.js", "..@scope/name/part.js", "..@scope/name/part.js"),
        ("text", "..text/main.js", "..text/main.js"),
        ("text/other.js", None, None),
        ("list", "..list/main.js", "..list/main.js"),
        ("choice", "..choice/main.cjs", "..choice/main.mjs"),
        ("nested", "..nested/main.js", "..nested/main.js"),
        ("stops", None, None),
        ("never", None, None),
        ("bad", None, None),
        ("bad/up", None, None),
        ("bad/inside", None, None),
        ("paths", "..paths/main.js", "..paths/main.js"),
        ("paths/deep", "..paths/lib/deep.js", "..paths/lib/deep.js"),
        ("paths/f/one", "..paths/lib/one.js", "..paths/lib/one.js"),
        ("paths/f/one/two", "..paths/lib/one/two.js", "..paths/lib/one/two.js"),
        ("paths/f/one.json", "..paths/data/one.json", "..paths/data/one.json"),
        ("paths/f/abcz", "..paths/lib/middle.js", "..paths/lib/middle.js"),
        ("paths/f/az", "..paths/lib/az.js", "..paths/lib/az.js"),
        ("paths/f/private/x", None, None),
        ("paths/f/../main", None, None),
        ("paths/f/", None, None),
        ("paths/f/*", None, None),
        ("paths/twice/two", "..paths/lib/two/two.js", "..paths/lib/two/two.js"),
        ("paths/lost", None, None),
        ("paths/lib/deep.js", None, None),
        ("paths/package.json", "..paths/package.json", "..paths/package.json"),
        ("none", "..none/main.js", "..none/main.js"),
        ("no-end", None, None),
        ("not-paths", None, None),
        ("not-paths/list", "..not-paths/main.js", "..not-paths/main.js"),
        ("not-paths/none", None, None),
        ("single", "..single.js", None),
        ("app", "app/own.js", "app/own.js"),
        ("app/lib/own.js", None, None),
        ("#own", "app/lib/own.js", "app/lib/own.js"),
        ("#lib/own", "app/lib/own.js", "app/lib/own.js"),
        ("#lib/private/x", None, None),
        ("#package", "..plain/lib/main.js", "..plain/lib/main.js"),
        ("#part", "..paths/lib/deep.js", "..paths/lib/deep.js"),
        ("#choice", "app/lib/require.js", "app/lib/import.js"),
        ("#outside", None, None),
        ("#missing", None, None),
        ("#again", None, None),
        ("#unknown", None, None),
        ("#", None, None),
        ("#/own", None, None),
        ("not-there", None, None),
    ],
    "app/deep/er/file.js": [
        ("plain", "..plain/lib/main.js", "..plain/lib/main.js"),
        ("#own", "app/lib/own.js", "app/lib/own.js"),
        ("../../lib", "app/lib.js", None),
        ("..", None, None),
        ("../../lib/", "app/lib/index.js", None),
    ],
    "app/node_modules/myself/main.js": [
        ("myself", "..myself/main.js", "..myself/main.js"),
        ("myself/x", "..myself/x.js", "..myself/x.js"),
        ("myself/y.js", None, None),
        ("#own", None, None),
        ("plain", "..plain/lib/main.js", "..plain/lib/main.js"),
        (".", None, None),
        ("./x", "..myself/x.js", FOR_BUNDLERS),
    ],
    "app/node_modules/itself/main.js": [("itself", "..itself/main.js", "..itself/main.js")],
    "app/node_modules/plain/inside.js": [
        ("outer", "..outer/main.js", None),
        ("outer/far.js", "..outer/far.js", None),
        ("outer/other", "..plain/node_modules/outer/other.js", None),
        ("sub", None, None),
        ("sub/file.js", "..sub/file.js", None),
    ],
}
# Packages with content, and a program that uses them.
PROGRAM = {
    "app/node_modules/named/package.json": "\ufeff{}",
    "app/node_modules/named/index.js": """\
#!/usr/bin/env node
exports.one = 1;
exports.default = "not the default";
const own = { two: 2 };
Object.defineProperty(exports, "two", { enumerable: true, get: function () { return own.two; } });
exports.circle = require("./circle").seen;
exports.data = require("./data").value;
exports.names = [typeof require, typeof module.exports, __filename.split("/").pop(), __dirname.split("/").pop()].join();
""",
    "app/node_modules/named/circle.js": "exports.seen = require('.').one;",
    "app/node_modules/named/data.json": '\ufeff{"value": 3}',
    "app/node_modules/whole/package.json": '{"main": "./whole.cjs"}',
    "app/node_modules/whole/whole.cjs": "module.exports = (n) => n * 2;",
    "app/node_modules/tool/package.json": '{"main": "./run"}',
    "app/node_modules/tool/run": "#!/usr/bin/env node\r\nexports.used = typeof require;\r\n",
    "app/node_modules/broken/package.json": '{"main": ',
    "app/node_modules/broken/part.js": "exports.part = 1;",
    "app/node_modules/throws/package.json": "{}",
    "app/node_modules/throws/index.js": 'throw new Error("thrown");',
    "app/node_modules/new/package.json": '{"type": "module", "exports": "./index.js"}',
    "app/node_modules/new/index.js": "export const late = await Promise.resolve(7); export default import.meta.url.split('/').pop();",
    "app/program.mjs": """\
import { one, two, circle, data, names } from "named";
import named from "named";
import whole from "whole";
import address, { late } from "new";
import { used } from "tool";
const say = (...words) => console.log(...words);
say("names:", one, two, circle, data, names);
say("default:", named.one, named.default, typeof whole, whole(4));
say("module:", late, address, used);
const tell = (call) => call().catch((error) => say("error:", error.message.split("\\n")[0]));
await tell(() => import("throws"));
const broken = async (name) => import(name).catch((error) => error.message.includes("/node_modules/broken/package.json"));
say("broken:", await broken("broken"), await broken("broken/part.js"), await broken("./node_modules/broken/part.js"));
await new Promise((done) => setTimeout((a, b) => { say("timer:", a, b); done(); }, 1, "a", "b"));
let count = 0;
await new Promise((done) => {
  const id = setInterval(() => {
    if (++count === 2) { clearInterval(id); done(); }
  }, 1);
});
const never = setTimeout(() => say("a timer that was stopped"), 1);
clearTimeout(never);
clearTimeout(undefined);
await new Promise((done) => setTimeout(done, 5));
say("count:", count);
let slow = 0;
const busy = setInterval(() => {
  const start = Date.now();
  while (Date.now() < start + 3);
  if (++slow === 1000) clearInterval(busy);
}, 1);
await new Promise((done) => setTimeout(done, 5));
clearInterval(busy);
say("a slow interval leaves time for others:", slow < 1000);
await new Promise((done) => setTimeout(done, 2 ** 32));
try {
  setTimeout("not a function");
} catch (error) {
  say("error:", error.name);
}
say("process:", process.env.WORD, process.platform, process.argv[1].split("/").pop(), process.cwd() === "/");
process.nextTick(say, "next", "tick");
await new Promise((done) => setTimeout(done));
process.exit(3);
""",
}
SAYS = """\
names: 1 2 1 3 function,object,index.js,named
default: 1 not the default function 8
module: 7 index.js function
error: thrown
broken: true true true
timer: a b
count: 2
a slow interval leaves time for others: true
error: TypeError
process: said linux program.mjs true
next tick
"""
NODE = """\
import fs from "fs";
import { createRequire } from "module";
import { pathToFileURL, fileURLToPath } from "url";
const cases = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const attempt = (call) => {
  try {
    const path = call();
    return fs.statSync(path).isFile() ? path : null;
  } catch {
    return null;
  }
};
console.log(JSON.stringify(cases.map(([base, name]) => [
  attempt(() => createRequire(base).resolve(name)),
  attempt(() => fileURLToPath(import.meta.resolve(name, pathToFileURL(base)))),
])));
"""
QJS = """\
import * as std from "qjs:std";
import * as system from "qjs:system";
const cases = JSON.parse(std.loadFile(scriptArgs[1]));
const attempt = (call) => {
  try {
    return call();
  } catch {
    return null;
  }
};
console.log(JSON.stringify(cases.map(([base, name]) => [
  attempt(() => system.resolve(name, base)),
  attempt(() => system.resolve(name, base, true)),
])));
"""


def asked(command, script, top):
    """What the program means: for each case a pair of paths below `top`, or None."""
    cases = [(str(top / base), name) for base, names in CASES.items() for name, *_ in names]
    (top / "cases.json").write_text(json.dumps(cases))
    (top / "ask.mjs").write_text(script)
    done = subprocess.run([*command, top / "ask.mjs", top / "cases.json"], check=True, stdout=subprocess.PIPE, text=True)
    return [[path and str(pathlib.Path(path).relative_to(top)) for path in pair] for pair in json.loads(done.stdout)]


def built(crossloom, folder):
    """The runtime for this machine's processor."""
    matrix = folder / "matrix.toml"
    matrix.write_text(MATRIX.format(system=SYSTEM, target=TARGETS[SYSTEM]))
    for command in ("lock", "generate", "fetch"):
        subprocess.run([crossloom, command, "--quiet", "--matrix", matrix], check=True)
    build = [crossloom, "build", "--quiet", "--no-out-link", "--matrix", matrix, "quickjs-ng-*"]
    done = subprocess.run(build, check=True, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(done.stdout.strip()) / "bin/qjs"


def write(top):
    """The packages and files."""
    for place, package in PACKAGES.items():
        (top / place).mkdir(parents=True, exist_ok=True)
        (top / place / "package.json").write_text(json.dumps(package))
    for place, text in PROGRAM.items():
        (top / place).parent.mkdir(parents=True, exist_ok=True)
        (top / place).write_text(text)
    for file in FILES:
        (top / file).parent.mkdir(parents=True, exist_ok=True)
        (top / file).touch()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crossloom", nargs="?", help="builds the runtime")
    parser.add_argument("--qjs", help="a runtime that is there")
    parser.add_argument("--node", help="Node.js")
    options = parser.parse_args()
    if sum(value is not None for value in (options.crossloom, options.qjs, options.node)) != 1:
        parser.error("say one of CROSSLOOM, --qjs and --node")
    with tempfile.TemporaryDirectory() as folder:
        top = pathlib.Path(folder).resolve()
        write(top)
        if options.node:
            command, script = [options.node, "--no-deprecation", "--experimental-import-meta-resolve"], NODE
        else:
            command, script = [options.qjs or built(pathlib.Path(options.crossloom).resolve(), top), "-m"], QJS
        means = asked(command, script, top)
        program = [*command, top / "app/program.mjs"]
        ran = subprocess.run(program, stdout=subprocess.PIPE, text=True, cwd="/", env={"WORD": "said"}, check=False)
    wrong = 0
    for line in difflib.ndiff(SAYS.splitlines(), ran.stdout.splitlines()):
        if not line.startswith("  "):
            print(f"the program: {line}")
            wrong += 1
    if ran.returncode != 3:
        print(f"the program: it ended with status {ran.returncode} and not 3")
        wrong += 1
    expected = [(base, *case) for base, names in CASES.items() for case in names]
    for (base, name, *wanted), got in zip(expected, means, strict=True):
        for how, want, have in zip(("require", "import"), wanted, got, strict=True):
            if want is FOR_BUNDLERS:
                want = None if options.node else wanted[0]
            if want and want.startswith(".."):
                want = "app/node_modules/" + want.removeprefix("..")
            if want != have:
                print(f"{base}: {how} of {name}: {have} and not {want}")
                wrong += 1
    print(f"{2 * len(expected)} names of modules and a program, {wrong} wrong")
    return wrong > 0


sys.exit(main())
