"""checks/targets.py builds, checks and records targets, sees what fails, and goes on where it was."""

import pathlib
import subprocess
import tempfile
import tomllib
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "targets.py"
TARGETS = ["x86_64-linux-musl", "s390x-linux-musl", "m68k-linux-musl"]

# Answers as crossloom does, from files: OUTPUT/NAME is what a cell or check leaves, FAIL/NAME the message of one that fails.
STAND_IN = """\
#!/usr/bin/env python3
import json, pathlib, re, sys
here = pathlib.Path(__file__).parent
words = [word for word in sys.argv[1:] if word not in ("--quiet", "--no-out-link")]
command, rest = words[0], words[1:]
with (here / "calls").open("a") as calls:
    calls.write(" ".join(words[:1] + [word for word in rest if not word.startswith("/")]) + "\\n")
if command == "list":
    print(json.dumps({"family": {"targets": %r}}))
    sys.exit()
matrix = pathlib.Path(rest[rest.index("--matrix") + 1])
target = re.search(r'targets = \\["(.*)"\\]', matrix.read_text())[1]
cell = f"musl-gcc-{target}"
if command == "plan":
    gcc = "16.2.0" if 'gcc = ["16"]' in matrix.read_text() else "14.2.0"
    names = [f"gcc-{gcc}", "musl-1.2.5", "musl-debian-1.2.5-3.1", "binutils-2.44", "linux-6.1.176", "mpc-1.3.1"]
    print(json.dumps({"sources": {name: {} for name in names}}))
elif command == "nix":
    system = __import__("os").uname().machine + "-linux"
    print("cell", system, "packages", cell, f"{(here / 'hash').read_text()}-{cell}.drv")
    for node in [f"gcc-14_2_0-{target}", "gmp"]:
        print("cell", system, "legacyPackages", node, f"cccc-{node}.drv")
elif command == "build" and "--dry-run" in rest:
    print(json.dumps({"build": [{"name": f"gcc-14_2_0-{target}"}]}))
elif command == "build":
    name = rest[-1] + ("-again" if "--rebuild" in rest else "")
    if (here / "FAIL" / name).exists():
        sys.exit((here / "FAIL" / name).read_text())
    print(here / "OUTPUT" / name)
""" % (TARGETS,)

GREETINGS = [("hello.c", "hello from C, 32-bit"), ("libc.c", "libc 10"), ("hello.cc", "hello from C++, sum 60")]


def programs(runners, leave_out=None):
    """What the check `programs-…` prints."""
    lines = []
    for source, said in GREETINGS:
        ran = [f"[{runner}] {said}" for runner in runners]
        lines += ["ELF 32-bit MSB executable, statically linked, not stripped", *ran]
        pie = [f"{source}.{way}: DYN, interpreter: no" for way in ("static-pie", "static-and-pie")]
        lines += [*pie, *ran, *ran]
        lines += [f"{source}.pie: DYN, interpreter: yes", *ran]
    return "\n".join(line for line in lines if line != leave_out) + "\n"


class Targets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ["OUTPUT", "FAIL"]:
            (self.folder / name).mkdir()
        self.program = self.folder / "crossloom"
        self.program.write_text(STAND_IN)
        self.program.chmod(0o755)
        (self.folder / "hash").write_text("aaaa")
        self.results = self.folder / "results.toml"
        self.results.write_text('# By hand.\n\n[[seed]]\ncell = "linux"\n')
        self.catalogue = self.folder / "catalogue.toml"
        built = 'family = "musl-gcc"\ntarget = "other"\nvariant = "debian"\nreleases = { gcc = "1" }\n'
        self.catalogue.write_text(f'[[built]]\n{built}\n[[built]]\nfamily = "linux"\n')
        for target in TARGETS:
            self.output(f"programs-musl-gcc-{target}", programs(["kernel", "qemu-x"]))
            suites = ["gcc.c-torture/execute -O0", "gcc.c-torture/execute -O2", "gcc.c-torture/execute/builtins -O2"]
            suites += ["g++.dg/torture -O2 -flto"]
            counts = [f"{target} {suite}: 1600 of 1656 pass, 6 fail, 50 are unsupported" for suite in suites]
            self.output(f"torture-musl-gcc-{target}", "known failure: one\n" + "\n".join(counts) + "\n")

    def output(self, name, text):
        (self.folder / "OUTPUT" / name).mkdir(exist_ok=True)
        (self.folder / "OUTPUT" / name / "output").write_text(text)

    def breaks(self, name, text="error: it broke"):
        (self.folder / "FAIL" / name).write_text(text)

    def run_script(self, *arguments):
        """The exit code, the records by target, and what the stand-in was asked to build."""
        (self.folder / "calls").write_text("")
        options = ["--results", self.results, "--catalogue", self.catalogue, "--work", self.folder / "work"]
        done = subprocess.run([SCRIPT, *options, self.program, *arguments], capture_output=True, text=True)
        self.said = done.stdout + done.stderr
        data = tomllib.loads(self.results.read_text())
        self.assertEqual(data["seed"], [{"cell": "linux"}])
        builds = [line for line in (self.folder / "calls").read_text().splitlines() if line.startswith("build")]
        builds = [line.split()[-1] for line in builds if "--dry-run" not in line]
        return done.returncode, {record["target"]: record for record in data.get("toolchain", [])}, builds

    def test_a_target_is_built_checked_and_recorded(self):
        code, records, builds = self.run_script("--torture", "--again", "s390x-linux-musl")
        self.assertEqual(code, 0, self.said)
        cell = "musl-gcc-s390x-linux-musl"
        self.assertEqual(builds, [cell, f"programs-{cell}", f"torture-{cell}", "gcc-14_2_0-s390x-linux-musl", "gmp"])
        record = records["s390x-linux-musl"]
        ways = ["static", "static PIE", "dynamic", "dynamic PIE"]
        self.assertEqual((record["c"], record["cxx"], record["runners"]), (ways, ways, ["kernel", "qemu-x"]))
        counts = {"passed": 1600, "failed": 6, "unsupported": 50}
        suites = [("gcc.c-torture/execute", "-O0"), ("gcc.c-torture/execute", "-O2")]
        suites += [("gcc.c-torture/execute/builtins", "-O2"), ("g++.dg/torture", "-O2 -flto")]
        self.assertEqual(record["torture"], [{"suite": suite, "level": level, **counts} for suite, level in suites])
        self.assertEqual(record["again"], "every node identical")
        self.assertEqual(record["derivation"], f"aaaa-{cell}.drv")
        self.assertIn("seconds", record)
        releases = {"binutils": "2.44", "gcc": "14.2.0", "linux": "6.1.176", "musl": "1.2.5", "musl-debian": "1.2.5-3.1"}
        self.assertEqual(record["releases"], releases)
        self.assertNotIn("stopped", record)
        built = tomllib.loads(self.catalogue.read_text())["built"]
        self.assertEqual([entry.get("target") for entry in built], ["other", "s390x-linux-musl", None])
        self.assertEqual(built[1]["releases"], releases)

    def test_what_is_recorded_is_left_out_and_more_is_added(self):
        self.run_script("s390x-linux-musl")
        before = self.results.read_text(), self.catalogue.read_text()
        code, _, builds = self.run_script("s390x-linux-musl")
        self.assertEqual((code, builds), (0, []), self.said)
        self.assertEqual((self.results.read_text(), self.catalogue.read_text()), before)
        # The programs ran already.
        _, records, builds = self.run_script("--torture", "s390x-linux-musl")
        cell = "musl-gcc-s390x-linux-musl"
        self.assertEqual(builds, [cell, f"torture-{cell}"])
        self.assertLessEqual({"c", "torture", "seconds"}, set(records["s390x-linux-musl"]))
        # Another derivation is another toolchain: nothing of the old record is true of it.
        (self.folder / "hash").write_text("bbbb")
        _, records, builds = self.run_script("s390x-linux-musl")
        self.assertEqual(builds, [cell, f"programs-{cell}"])
        self.assertNotIn("torture", records["s390x-linux-musl"])
        self.assertEqual(self.catalogue.read_text(), before[1])

    def test_a_failure_is_recorded_and_the_rest_goes_on(self):
        self.breaks("musl-gcc-s390x-linux-musl", "error: gcc does not build\nhint: none\n")
        self.breaks("torture-musl-gcc-m68k-linux-musl", "error: pr1 fails\n")
        code, records, _ = self.run_script("--torture", "missing")
        self.assertEqual(code, 1)
        self.assertEqual(set(records), set(TARGETS))
        self.assertEqual(records["s390x-linux-musl"]["stopped"], ["build: error: gcc does not build"])
        self.assertNotIn("c", records["s390x-linux-musl"])
        self.assertEqual(records["m68k-linux-musl"]["stopped"], ["torture: error: pr1 fails"])
        self.assertIn("c", records["m68k-linux-musl"])
        self.assertNotIn("torture", records["m68k-linux-musl"])
        built = [entry.get("target") for entry in tomllib.loads(self.catalogue.read_text())["built"]]
        self.assertEqual(built, ["other", "x86_64-linux-musl", "m68k-linux-musl", None])
        # Tried again, and only what failed.
        for name in ["musl-gcc-s390x-linux-musl", "torture-musl-gcc-m68k-linux-musl"]:
            (self.folder / "FAIL" / name).unlink()
        code, records, builds = self.run_script("--torture", "missing")
        self.assertEqual(code, 0, self.said)
        self.assertNotIn("musl-gcc-x86_64-linux-musl", builds)
        self.assertFalse(any("stopped" in record for record in records.values()))

    def test_releases_are_recorded_side_by_side(self):
        self.run_script("s390x-linux-musl")
        code, _, builds = self.run_script("--release", "gcc=16", "s390x-linux-musl")
        self.assertEqual((code, len(builds)), (0, 2), self.said)
        records = tomllib.loads(self.results.read_text())["toolchain"]
        self.assertEqual([record["releases"]["gcc"] for record in records], ["14.2.0", "16.2.0"])

    def test_a_check_that_says_too_little_is_no_success(self):
        cell = "musl-gcc-s390x-linux-musl"
        for said in ["", programs(["kernel"], "hello.c.pie: DYN, interpreter: yes"), programs(["kernel"]).replace("C++", "D")]:
            self.output(f"programs-{cell}", said)
            code, records, _ = self.run_script("s390x-linux-musl")
            self.assertEqual(code, 1, said)
            self.assertIn("the check passed, and says", records["s390x-linux-musl"]["stopped"][0])
            self.assertNotIn("c", records["s390x-linux-musl"])
        self.output(f"programs-{cell}", programs(["qemu-s390x"]))
        self.output(f"torture-{cell}", "s390x-linux-musl gcc.c-torture/execute -O0: 1 of 1 pass, 0 fail, 0 are unsupported\n")
        code, records, _ = self.run_script("--torture", "s390x-linux-musl")
        self.assertEqual(code, 1)
        self.assertEqual(records["s390x-linux-musl"]["runners"], ["qemu-s390x"])
        self.assertIn("both levels", records["s390x-linux-musl"]["stopped"][0])

    def test_the_second_build_may_differ(self):
        node = "gcc-14_2_0-s390x-linux-musl"
        self.breaks(f"{node}-again", "error: gcc-14_2_0 differs\n")
        code, records, _ = self.run_script("--again", "s390x-linux-musl")
        self.assertEqual(code, 1)
        self.assertEqual(records["s390x-linux-musl"]["stopped"], [f"again-{node}: error: gcc-14_2_0 differs"])

    def test_a_node_is_compared_once(self):
        _, _, builds = self.run_script("--again", "s390x-linux-musl")
        self.assertEqual(builds[-2:], ["gcc-14_2_0-s390x-linux-musl", "gmp"])
        # Another target has the same gmp.
        code, records, builds = self.run_script("--again", "m68k-linux-musl")
        self.assertEqual((code, builds[-1]), (0, "gcc-14_2_0-m68k-linux-musl"), self.said)
        self.assertEqual(records["m68k-linux-musl"]["again"], "every node identical")

    def test_wrong_calls_are_refused(self):
        for arguments in [["sparc-linux-musl"], ["--release", "gcc", "s390x-linux-musl"], []]:
            code, records, builds = self.run_script(*arguments)
            self.assertNotEqual(code, 0, arguments)
            self.assertEqual((records, builds), ({}, []), arguments)

    def test_no_target_is_begun_after_the_hours(self):
        code, records, _ = self.run_script("--hours", "0", "missing")
        self.assertEqual((code, records), (0, {}), self.said)
        self.assertIn("3 left", self.said)

    def test_data_outside_of_the_section_is_an_error(self):
        self.results.write_text(self.results.read_text() + '\n[[toolchain]]\ntarget = "a"\nreleases = {}\ndate = "x"\n')
        before = self.results.read_text()
        code, _, _ = self.run_script("s390x-linux-musl")
        self.assertNotEqual(code, 0)
        self.assertEqual(self.results.read_text(), before)
        self.assertIn("outside of its section", self.said)


if __name__ == "__main__":
    unittest.main()
