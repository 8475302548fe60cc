"""checks/systems.py boots, compares and records systems, and sees what fails."""

import json
import os
import pathlib
import subprocess
import tempfile
import tomllib
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "systems.py"
SYSTEM = f"{os.uname().machine}-linux"


def node(of, recipe, /, **args):
    return {"name": of, "recipe": recipe, "args": args}


def cell(name, of, target="x86_64"):
    return {"name": name, "output": {"node": of}, "target": target}


PLAN = {
    "nodes": [
        node("toolchain", "musl-gcc/toolchain"),
        node("linux-1", "linux/linux"),
        node("quickjs-ng-1", "js-system/quickjs-ng", toolchain={"node": "toolchain"}, version={"text": "0.16.2"}),
        *(
            node(f"initramfs-{root}", "js-system/initramfs", name={"text": root}, runtime={"node": "quickjs-ng-1"})
            for root in ("repl", "mine")
        ),
        *(
            node(f"system-{root}", "js-system/js-system", linux={"node": "linux-1"}, initramfs={"node": f"initramfs-{root}"})
            for root in ("repl", "mine")
        ),
        node("disk", "js-system/disk", package={"node": "system-repl"}, words={"texts": ["a"]}),
    ],
    "cells": [
        cell("js-system-x86_64", "system-mine"),
        cell("js-system-x86_64-repl", "system-repl"),
        cell("js-system-x86_64-repl-disk", "disk"),
        cell("js-system-x86_64-repl-qemu", "disk"),
    ],
    "checks": [
        {"name": f"{kind}-js-system-x86_64{name}"}
        for kind, name in [("boot", ""), ("boot", "-repl"), ("boot", "-repl-disk"), ("contents", "-repl"), ("tests", "")]
    ],
}
LOG = "MemTotal:=2048000 kB MemFree:=1 kB MemAvailable:=1024000 kB\nprompt after 1.5 s\n"

# Answers as crossloom does: OUTPUT/NAME is what a cell or check leaves; what FAIL/NAME names fails, with the status in it.
STAND_IN = """\
#!/usr/bin/env python3
import pathlib, sys
here = pathlib.Path(__file__).parent
command, _, _, *rest = sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(" ".join([command, *(word for word in rest if not word.startswith("/"))]) + "\\n")
if command == "plan":
    print((here / "plan").read_text())
elif command == "nix":
    print((here / "log").read_text())
elif command == "build":
    names = [word for word in rest if not word.startswith("--")]
    names = [name + "-again" if "--rebuild" in rest else name for name in names]
    for name in names:
        if (here / "FAIL" / name).exists():
            sys.exit(int((here / "FAIL" / name).read_text()))
    for name in names:
        print(here / "OUTPUT" / name)
"""

RESULTS = """\
title = "data"

# Systems whose first process is JavaScript, written by `checks/systems.py --again --record CROSSLOOM`. `seconds` are those of a second
# build, of the kernel and of the runtime with its parts.

[[system]]
target = "arm64"
runtime = "quickjs-ng 0.16.2"

# Another section.

[[other]]
key = 1
"""


class Systems(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.folder = pathlib.Path(work.name)
        self.program = self.folder / "crossloom"
        self.program.write_text(STAND_IN)
        self.program.chmod(0o755)
        self.results = self.folder / "results.toml"
        self.results.write_text(RESULTS)
        (self.folder / "plan").write_text(json.dumps({"systems": {SYSTEM: PLAN}}))
        (self.folder / "log").write_text(LOG)
        (self.folder / "FAIL").mkdir()
        for name, files in {"js-system-x86_64-repl": {"kernel": 100, "initramfs": 20}, "js-system-x86_64-repl-disk": {"disk.img": 300}}.items():
            folder = self.folder / "OUTPUT" / name
            folder.mkdir(parents=True)
            for file, size in files.items():
                (folder / file).write_bytes(bytes(size))

    def run_script(self, *options):
        command = [SCRIPT, *options, "--results", self.results, self.program, self.folder / "matrix.toml"]
        done = subprocess.run(command, capture_output=True, text=True)
        self.said = done.stdout + done.stderr
        return done.returncode

    def fail_with(self, name, status):
        (self.folder / "FAIL" / name).write_text(str(status))

    def rows(self):
        return tomllib.loads(self.results.read_text())["system"]

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def test_a_row_has_what_was_built_and_said(self):
        self.assertEqual(self.run_script("--again", "--record"), 0, self.said)
        old, row = self.rows()
        self.assertEqual(old, {"target": "arm64", "runtime": "quickjs-ng 0.16.2"})
        row.pop("date")
        expected = {"target": "x86_64", "runtime": "quickjs-ng 0.16.2", "kernel": 100, "initramfs": 20, "disk": 300}
        expected |= {"prompt": 1.5, "memory": 1000, "seconds": [0, 0], "again": {"nodes": 5, "different": 0}}
        self.assertEqual(row, expected)
        self.assertEqual(tomllib.loads(self.results.read_text())["other"], [{"key": 1}])
        # Systems that are no row are built a second time, too; toolchains are not.
        again = [call.split()[-1] for call in self.calls() if "--rebuild" in call]
        own = ["disk", "initramfs-mine", "initramfs-repl", "linux-1", "quickjs-ng-1", "system-mine", "system-repl"]
        self.assertEqual(again, own)

    def test_without_a_second_build_there_is_no_word_of_one(self):
        self.assertEqual(self.run_script(), 0, self.said)
        self.assertNotIn("again", self.said)
        self.assertIn("| x86_64 | quickjs-ng 0.16.2 | 100 | 20 | 300 | 1.5 | 1000 |", self.said)

    def test_a_second_build_that_differs_is_counted(self):
        self.fail_with("quickjs-ng-1-again", 1)
        self.assertEqual(self.run_script("--again", "--record"), 1)
        self.assertEqual(self.rows()[1]["again"], {"nodes": 5, "different": 1})
        self.assertNotIn("seconds", self.rows()[1])
        self.assertIn("error: a second build of quickjs-ng-1 differs", self.said)

    def test_a_second_build_that_stops_says_nothing_of_a_difference(self):
        self.fail_with("quickjs-ng-1-again", 2)
        self.assertEqual(self.run_script("--again", "--record"), 1)
        self.assertNotIn("again", self.rows()[1])
        self.assertNotIn("seconds", self.rows()[1])
        self.assertIn("error: a second build of quickjs-ng-1 failed", self.said)

    def test_second_builds_go_on_where_they_stopped(self):
        file = self.folder / "second-builds.json"
        self.fail_with("quickjs-ng-1-again", 2)
        self.fail_with("linux-1-again", 1)
        self.assertEqual(self.run_script("--again", "--resume", file), 1)
        (self.folder / "calls").unlink()
        (self.folder / "FAIL/quickjs-ng-1-again").unlink()
        (self.folder / "FAIL/linux-1-again").unlink()
        self.assertEqual(self.run_script("--again", "--resume", file, "--record"), 1)
        self.assertEqual([call.split()[-1] for call in self.calls() if "--rebuild" in call], ["quickjs-ng-1"])
        # That one differed is not forgotten.
        self.assertIn("error: a second build of linux-1 differs", self.said)
        self.assertEqual(self.rows()[1]["again"], {"nodes": 5, "different": 1})
        self.assertEqual(self.run_script("--resume", file), 2)

    def test_a_file_of_something_else_is_not_resumed(self):
        file = self.folder / "second-builds.json"
        for text in "", "{", "[]", "\xff":
            with self.subTest(text):
                file.write_bytes(text.encode("latin-1"))
                self.assertEqual(self.run_script("--again", "--resume", file), 1)
                self.assertRegex(self.said, f"^error: {file} .*--resume")
                self.assertFalse((self.folder / "calls").exists())
                self.assertEqual(file.read_bytes(), text.encode("latin-1"))

    def test_a_system_that_fails_a_check_has_no_row(self):
        for check in "boot", "contents":
            with self.subTest(check):
                self.fail_with(f"{check}-js-system-x86_64-repl", 2)
                self.assertEqual(self.run_script("--again", "--record"), 1)
                self.assertEqual(self.results.read_text(), RESULTS)
                self.assertIn("error: not every check passes", self.said)
                (self.folder / "FAIL" / f"{check}-js-system-x86_64-repl").unlink()

    def test_a_log_without_figures_is_an_error(self):
        (self.folder / "log").write_text("prompt after a while\n")
        self.assertEqual(self.run_script("--again", "--record"), 1)
        self.assertEqual(self.results.read_text(), RESULTS)
        self.assertIn("does not tell both time and memory", self.said)

    def test_a_matrix_without_systems_is_an_error(self):
        for systems in {SYSTEM: PLAN | {"checks": []}}, {}:
            (self.folder / "plan").write_text(json.dumps({"systems": systems}))
            self.assertEqual(self.run_script(), 1)
            self.assertIn("has no system that boots", self.said)

    def test_half_a_row_is_not_recorded(self):
        self.assertEqual(self.run_script("--record"), 2)
        self.assertIn("it wants --again", self.said)


if __name__ == "__main__":
    unittest.main()
