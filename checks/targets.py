#!/usr/bin/env python3
"""Builds toolchains of [musl-gcc] one after the other, runs their checks, and records in generator/data/results.toml
what it saw. A cell whose programs ran also gets its [[built]] in catalogue.toml. docs/status.md is written from both.

    targets.py [OPTION…] CROSSLOOM TARGET…     `missing` stands for every target that the data lacks

`make nightly TARGETS=…` calls it. A target whose record holds everything that was asked for is left out, and what Nix
has built stays built, so a run that was ended goes on where it was when it is started again. Exits 1 if a target stopped.
"""

import argparse
import datetime
import json
import pathlib
import re
import subprocess
import sys
import time
import tomllib

import project
import records
from project import TOP

RESULTS = TOP / "generator/data/results.toml"
CATALOGUE = TOP / "generator/data/catalogue.toml"
# Of the data, this section is written here alone; people write the rest.
SECTION = """\
# Toolchains of [musl-gcc], written by `make nightly TARGETS=…`. `c` and `cxx` are the ways in which a program was
# linked and ran, and `runners` what ran it. `again` and `other-seed` are a second build, in the same place and from the
# other seed. `seconds` is left out where GCC had been built before. `stopped` says which steps failed, and why.
"""
PACKAGES = ("binutils", "gcc", "linux", "musl", "musl-debian")
# The ways in which the check `programs-…` links each program.
WAYS = ["static", "static PIE", "dynamic", "dynamic PIE"]
# What a record says of a second build of the whole cell.
EVERY_NODE = "every node identical"
# The order of the keys of a record.
KEYS = (
    *("target", "releases", "derivation", "seconds", "runners", "c", "cxx", "torture", "again", "other-seed"),
    *("stopped", "date"),
)


class Stopped(Exception):
    """A step that failed: its name, and the end of what it said."""

    def __init__(self, step, why):
        super().__init__(f"{step}: {why}")
        self.step, self.why = step, why


# --- results ---


def name_of(record):
    """What makes two records one and the same: target and releases."""
    return record["target"], tuple(sorted(record["releases"].items()))


def section(path):
    """The records of toolchains in a file."""
    return records.Section(path, "toolchain", SECTION, KEYS, name_of)


def add_built(path, record):
    """Adds a cell whose programs ran to those that `crossloom plan` calls tested."""
    built = {"family": "musl-gcc", "target": record["target"], "variant": "debian", "releases": record["releases"]}
    text = path.read_text()
    if built in tomllib.loads(text)["built"]:
        return
    # After the last one of the family, whose entries stand together.
    last = text.rindex('[[built]]\nfamily = "musl-gcc"\n')
    end = text.find("\n\n", last)
    at = len(text) if end < 0 else end + 2
    new = records.block("built", built, built)
    records.replace(path, f"{text[:at]}{new}\n{text[at:]}" if end >= 0 else f"{text[:at]}\n{new}")


# --- what checks say ---


def ways(output, source, greeting):
    """The ways in which a program was linked and ran, as the check `programs-…` prints them, and what ran it."""
    # A program that is linked and not run.
    lines = [line for line in output.splitlines() if ".static-and-pie: " not in line]
    ran = [re.match(r"\[([^]]+)\] " + re.escape(greeting), line) for line in lines]

    def runners(first):
        """What ran the program from this line on."""
        found = []
        while first < len(lines) and ran[first] and ran[first][1] not in found:
            found.append(ran[first][1])
            first += 1
        return found, first

    found, seen = [], []
    pie, dynamic = f"{source}.static-pie: DYN, interpreter: no", f"{source}.pie: DYN, interpreter: yes"
    for at, line in enumerate(lines):
        # The first program of its kind: others have no such greeting.
        if "statically linked" in line and runners(at + 1)[0]:
            names, _ = runners(at + 1)
            found.append("static")
            seen = names
        if line == pie:
            names, then = runners(at + 1)
            if names:
                found.append("static PIE")
            # Then comes what the dynamic program prints. The check writes no line about that one first.
            if runners(then)[0]:
                found.append("dynamic")
        if line == dynamic and runners(at + 1)[0]:
            found.append("dynamic PIE")
    return found, seen


def counts(output):
    """The counts of the check `torture-…`."""
    lines = re.findall(r"^\S+ (\S+) (\S.*): (\d+) of \d+ pass, (\d+) fail, (\d+) are unsupported$", output, re.M)
    return [
        {"suite": suite, "level": level, "passed": int(passed), "failed": int(failed), "unsupported": int(unsupported)}
        for suite, level, passed, failed, unsupported in lines
    ]


# --- one target ---


class Target:
    def __init__(self, options, target):
        self.options, self.target = options, target
        self.cell = f"musl-gcc-{target}"
        self.folder = options.work / "-".join([self.cell, *options.release])
        self.matrix = self.folder / "matrix.toml"
        # The derivations of the cell's nodes, by their names.
        self.nodes = {}

    def run(self, step, *command):
        """What a command prints. Everything that it says is kept in a log."""
        log = self.folder / f"{step}.log"
        with log.open("w") as errors:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=TOP)
        if done.returncode:
            said = [line for line in (log.read_text() + done.stdout).splitlines() if line.strip()]
            print("\n".join(said[-20:]), file=sys.stderr)
            # A hint, if there is one, ends what the program says.
            said = [line for line in said if not line.startswith("hint:")]
            errors = [line for line in said if "error:" in line]
            last = (errors or said or [f"status {done.returncode}"])[-1]
            raise Stopped(step, re.sub(r"\s+", " ", last).strip()[:300])
        return done.stdout

    def crossloom(self, step, command, *arguments):
        return self.run(step, self.options.crossloom, command, "--matrix", self.matrix, *arguments)

    def prepare(self):
        """Writes the project, and tells the releases and the derivation of its one cell."""
        self.folder.mkdir(parents=True, exist_ok=True)
        releases = [each.split("=", 1) for each in self.options.release]
        axes = [f'{axis} = ["{release}"]' for axis, release in releases]
        self.matrix.write_text(project.matrix(f'targets = ["{self.target}"]', *axes))
        self.crossloom("lock", "lock")
        self.crossloom("generate", "generate")
        sources = json.loads(self.crossloom("plan", "plan", "--json"))["sources"]
        releases = {}
        for package in PACKAGES:
            # A version begins with a digit: musl-1.2.5 and not musl-debian-1.2.5-3.1.
            of = [found[1] for name in sources if (found := re.fullmatch(rf"{package}-(\d.*)", name))]
            if len(of) == 1:
                releases[package] = of[0]
        lines = self.run("derivations", *project.derivations(self.options.crossloom, "cell", self.matrix)).splitlines()
        found = [line.split()[2:] for line in lines]
        # The project has one cell, so these are its nodes.
        self.nodes = {name: derivation for output, name, derivation in found if output == "legacyPackages"}
        of = [derivation for output, name, derivation in found if (output, name) == ("packages", self.cell)]
        if len(of) != 1:
            raise Stopped("derivations", f"{self.cell} is in them {len(of)} times")
        return {"target": self.target, "releases": releases, "derivation": of[0]}

    def build(self, step, name, *flags):
        """Builds a cell or a check, and gives its path."""
        print(f"{self.target}: {step}", flush=True)
        return pathlib.Path(self.crossloom(step, "build", "--no-out-link", *flags, name).strip().splitlines()[-1])

    def timed(self, derivation):
        """Builds the cell, and gives the seconds that it took in all runs; none where GCC had been there before."""
        state = self.folder / "seconds.json"
        known = json.loads(state.read_text()) if state.exists() else {}
        if known.get("derivation") != derivation:
            todo = json.loads(self.crossloom("to-build", "build", "--dry-run", "--json", self.cell))["build"]
            whole = any(node["name"].startswith("gcc-") for node in todo)
            known = {"derivation": derivation, "whole": whole, "seconds": 0}
        started = time.monotonic()
        done = False
        try:
            self.build("build", self.cell)
            done = True
        finally:
            # What is built is not built again: later runs only look at it.
            if not known.get("done"):
                known["seconds"] += round(time.monotonic() - started)
                known["done"] = done
                state.write_text(json.dumps(known))
        return known["seconds"] if known["whole"] else None

    def programs(self):
        output = (self.build("programs", f"programs-{self.cell}") / "output").read_text()
        c, runners = ways(output, "hello.c", "hello from C, ")
        cxx, _ = ways(output, "hello.cc", "hello from C++, ")
        if c != WAYS or cxx != WAYS:
            raise Stopped("programs", f"the check passed, and says that C ran as {c} and C++ as {cxx}")
        return {"runners": runners, "c": c, "cxx": cxx}

    def torture(self):
        found = counts((self.build("torture", f"torture-{self.cell}") / "output").read_text())
        if {each["level"] for each in found if each["suite"] == "gcc.c-torture/execute"} != {"-O0", "-O2"}:
            raise Stopped("torture", "the check passed, and does not have the counts of both levels")
        return {"torture": found}

    def again(self):
        """Builds each node a second time. A node that was compared before, maybe as one of another target's, is not built again."""
        compared = self.options.work / "compared"
        compared.mkdir(exist_ok=True)
        if not self.nodes:
            raise Stopped("again", "the project has no nodes")
        for name, derivation in self.nodes.items():
            mark = compared / derivation
            if not mark.exists():
                self.build(f"again-{name}", name, "--rebuild")
                mark.touch()
        return {"again": EVERY_NODE}

    def seed(self):
        """checks/seeds.sh takes projects of one folder."""
        print(f"{self.target}: seed", flush=True)
        alone = self.folder / "seeds" / "nightly"
        alone.mkdir(parents=True, exist_ok=True)
        (alone / "matrix.toml").write_text(self.matrix.read_text())
        environment = ["env", f"PROJECTS={alone.parent}"]
        said = self.run("seed", *environment, "checks/seeds.sh", self.options.crossloom, "--build", self.cell)
        row = re.search(rf"^\| {re.escape(self.cell)} \(nightly\) \| (\d+) \| \d+ \| (\d+) \|$", said, re.M)
        if not row:
            raise Stopped("seed", "the comparison has no row of the cell")
        return {"other-seed": {"files": int(row[1]), "different": int(row[2])}}

    def steps(self):
        """By the key of the record that tells that they were done."""
        chosen = [("c", self.programs)]
        for key, wanted, step in [
            ("torture", self.options.torture, self.torture),
            ("again", self.options.again, self.again),
            ("other-seed", self.options.seed, self.seed),
        ]:
            if wanted:
                chosen.append((key, step))
        return chosen

    @staticmethod
    def has(record, key):
        """Whether a step's results are in a record. Old ones have a part of the torture tests, or of the second build."""
        if key == "torture":
            return any(each["suite"].endswith("/builtins") for each in record.get(key, []))
        if key == "again":
            return record.get(key) == EVERY_NODE
        return key in record

    def is_recorded(self, record):
        return "stopped" not in record and all(self.has(record, key) for key, _ in self.steps())


def visit(options, target):
    """Builds one target and records it. Tells whether nothing stopped it."""
    this = Target(options, target)
    try:
        record = this.prepare()
    except Stopped as stopped:
        # There is no derivation that a record could be of.
        print(f"{target}: {stopped}", file=sys.stderr)
        return False
    old = next((old for old in section(options.results).read() if name_of(old) == name_of(record)), {})
    if old.get("derivation") == record["derivation"]:
        if this.is_recorded(old):
            print(f"{target}: recorded on {old['date']}")
            return True
        record = {**old, **record}
        record.pop("stopped", None)
    try:
        this.crossloom("fetch", "fetch", this.cell, f"programs-{this.cell}", f"torture-{this.cell}")
        seconds = this.timed(record["derivation"])
        if seconds is not None:
            record["seconds"] = seconds
    except Stopped as stopped:
        record["stopped"] = [str(stopped)]
        steps = []
    else:
        steps = [(key, step) for key, step in this.steps() if not this.has(record, key)]
    for _, step in steps:
        # A later step may pass where an earlier one fails, and both are worth knowing.
        try:
            record.update(step())
        except Stopped as stopped:
            record.setdefault("stopped", []).append(str(stopped))
    whole = "stopped" not in record
    record["date"] = datetime.date.today().isoformat()
    section(options.results).write(record)
    if "c" in record:
        add_built(options.catalogue, record)
    print(f"{target}: {'recorded' if whole else 'stopped: ' + '; '.join(record['stopped'])}", flush=True)
    return whole


def order(options, wanted):
    """The targets to visit: of `missing` those that nobody tried first."""
    known = json.loads(subprocess.check_output([options.crossloom, "list", "musl-gcc", "--json"], text=True))
    known = known["family"]["targets"]
    for target in wanted:
        if target not in known and target != "missing":
            sys.exit(f"error: {target} is not a target of musl-gcc\nhint: crossloom list musl-gcc")
    if "missing" in wanted:
        stopped = {record["target"] for record in section(options.results).read() if "stopped" in record}
        wanted = sorted(known, key=lambda target: target in stopped)
    return wanted


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torture", action="store_true", help="run GCC's torture tests, too")
    parser.add_argument("--again", action="store_true", help="build everything a second time and compare")
    parser.add_argument("--seed", action="store_true", help="build everything from the other seed and compare")
    parser.add_argument("--release", action="append", default=[], metavar="AXIS=VERSION", help="gcc=16, for one")
    parser.add_argument("--hours", type=float, default=float("inf"), help="begin no target after that many hours")
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS, help=argparse.SUPPRESS)
    parser.add_argument("--catalogue", type=pathlib.Path, default=CATALOGUE, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=pathlib.Path, default=TOP / "target/nightly", help=argparse.SUPPRESS)
    parser.add_argument("crossloom")
    parser.add_argument("targets", nargs="+", metavar="target")
    options = parser.parse_args(arguments)
    for each in options.release:
        if not re.fullmatch(r"[a-z-]+=[A-Za-z0-9._-]+", each):
            parser.error(f"{each} is not of the form gcc=16")
    options.crossloom = str(pathlib.Path(options.crossloom).resolve())
    options.work = options.work.resolve()
    started = time.monotonic()
    whole, stopped, left = 0, [], []
    for target in order(options, options.targets):
        if time.monotonic() - started > options.hours * 3600:
            left.append(target)
        elif visit(options, target):
            whole += 1
        else:
            stopped.append(target)
    print(f"{whole} recorded, {len(stopped)} stopped, {len(left)} left for the next run")
    print("next: CROSSLOOM_BLESS=1 cargo test --locked -p crossloom --lib -- status contract")
    return 1 if stopped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
