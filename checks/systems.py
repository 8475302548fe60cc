#!/usr/bin/env python3
"""Builds systems of [js-system], boots them, and tells how large, how fast and how repeatable they are.

    systems.py [OPTION…] CROSSLOOM [MATRIX]     the matrix of examples/nodeos without one

Every check that boots a system or compares its files with the manifest is built. Systems whose root is `repl` have a row
in the table: sizes, time to the prompt, and memory there. With --again, the systems' own nodes are built a second time and
compared, and the table has the seconds that kernel and runtime took; toolchains are not built again. With --resume FILE, second
builds of nodes that the file has are not made once more, and it gets those that are: those of Node.js take hours. Exits 1 if a
check fails or a second build differs.
"""

import argparse
import datetime
import json
import pathlib
import re
import subprocess
import sys
import time

import records
from project import SYSTEM, TOP

RESULTS = TOP / "generator/data/results.toml"
# Of the data, this section is written here alone.
SECTION = """\
# Systems whose first process is JavaScript, written by `checks/systems.py --again --record CROSSLOOM`. `seconds` are those of a second
# build, of the kernel and of the runtime with its parts.
"""
# The order of a record's keys.
KEYS = ("target", "runtime", "kernel", "initramfs", "disk", "prompt", "memory", "seconds", "again", "date")
# The recipes of systems' own nodes begin so; other nodes are those of toolchains.
OWN = ("js-system/", "linux/linux")


class Systems:
    def __init__(self, crossloom, matrix, targets):
        self.crossloom, self.matrix = crossloom, matrix
        self.failed = False
        # Of second builds, by the names of nodes.
        self.seconds = {}
        plan = json.loads(self.run("plan", "--json"))["systems"].get(SYSTEM, {"nodes": [], "cells": [], "checks": []})
        self.nodes = {node["name"]: node for node in plan["nodes"]}
        self.cells = {cell["name"]: cell for cell in plan["cells"] if not targets or cell["target"] in targets}
        self.checks = [check["name"] for check in plan["checks"]]

    def run(self, command, *arguments):
        return subprocess.run(
            [self.crossloom, command, "--matrix", self.matrix, *arguments], check=True, text=True, stdout=subprocess.PIPE
        ).stdout

    def error(self, message):
        print(f"error: {message}", file=sys.stderr)
        self.failed = True

    def of(self, node, argument):
        """The node that an argument of a node names."""
        return self.nodes[node["args"][argument]["node"]]

    def booted(self):
        """The cells that a check boots."""
        return [name for name in self.cells if f"boot-{name}" in self.checks]

    def build(self):
        """Builds all cells that boot, and their checks."""
        cells = self.booted()
        checks = [name for name in self.checks if re.match("(boot|contents)-(.*)", name) and name.split("-", 1)[1] in cells]
        self.run("fetch", *cells, *checks)
        self.run("build", "--no-out-link", *cells)
        try:
            self.run("build", "--keep-going", "--no-out-link", *checks)
        except subprocess.CalledProcessError:
            self.error("not every check passes")

    def closure(self, name):
        """A node's own nodes: those of the system that it is made of, and not of toolchains."""
        node = self.nodes[name]
        words = [value for value in node["args"].values() if isinstance(value, dict)]
        needs = [value["node"] for value in words if "node" in value]
        needs += [need for value in words for need in value.get("nodes", [])]
        own = {need for need in needs if self.nodes[need]["recipe"].startswith(OWN)}
        return {name}.union(*map(self.closure, own))

    def again(self, names, known, file):
        """Builds nodes a second time, and notes how many seconds each took, or None if it differs. `known` has the same of
        earlier ones by their places in the store, and is written to the file, if there is one."""
        for name in sorted(names):
            place = self.run("build", "--no-out-link", name).strip() if file else name
            if place not in known:
                print(f"{name}: a second time", flush=True)
                began = time.monotonic()
                try:
                    self.run("build", "--rebuild", name)
                    known[place] = round(time.monotonic() - began)
                except subprocess.CalledProcessError as error:
                    # crossloom ends with 1 where it found a difference. A build that stopped says nothing about one.
                    if error.returncode != 1:
                        self.error(f"a second build of {name} failed")
                        continue
                    known[place] = None
                if file:
                    records.replace(file, json.dumps(known, indent=2) + "\n")
            self.seconds[name] = known[place]
            if known[place] is None:
                self.error(f"a second build of {name} differs")

    def passes(self, check):
        """Whether there is such a check, and it passes."""
        try:
            self.run("build", "--no-out-link", check)
        except subprocess.CalledProcessError:
            self.error(f"{check} does not pass")
            return False
        return True

    def boot(self, cell):
        """What the boot of a cell said: seconds to the prompt, and MiB in use there. None if it did not boot."""
        try:
            checked = self.run("build", "--no-out-link", f"boot-{cell}").strip()
        except subprocess.CalledProcessError:
            return None
        # What is not the same each time is in the log alone.
        said = self.run("nix", "log", checked)
        prompts = re.findall(r"^prompt after ([0-9.]+) s$", said, re.M)
        memory = re.findall(r"MemTotal:=(\d+) kB MemFree:=\d+ kB MemAvailable:=(\d+) kB", said)
        if not prompts or not memory:
            self.error(f"the log of boot-{cell} does not tell both time and memory")
            return None
        total, free = map(int, memory[-1])
        return {"prompt": float(prompts[-1]), "memory": round((total - free) / 1024)}

    def node(self, cell):
        return self.nodes[self.cells[cell]["output"]["node"]]

    def own(self, cell):
        """The nodes of a row: those of the system and of its disk image."""
        disk = f"{cell}-disk"
        return self.closure(self.node(cell)["name"]) | (self.closure(self.node(disk)["name"]) if disk in self.cells else set())

    def is_row(self, cell):
        """Whether it is a system with a REPL alone, and no image of one."""
        node = self.node(cell)
        return node["recipe"] == "js-system/js-system" and self.of(node, "initramfs")["args"]["name"]["text"] == "repl"

    def record(self, cell):
        """A cell's row; None if it did not boot, or does not hold what its manifest lists."""
        booted = self.boot(cell)
        if booted is None or not self.passes(f"contents-{cell}"):
            return None
        node = self.node(cell)
        runtime = self.of(self.of(node, "initramfs"), "runtime")
        built = pathlib.Path(self.run("build", "--no-out-link", cell).strip())
        program = runtime["recipe"].rsplit("/", 1)[1]
        dynamic = ", dynamic" if runtime["args"].get("linking", {}).get("text") == "dynamic" else ""
        row = {
            "target": self.cells[cell]["target"],
            "runtime": f"{program} {runtime['args']['version']['text']}{dynamic}",
            "kernel": (built / "kernel").stat().st_size,
            "initramfs": (built / "initramfs").stat().st_size,
            **booted,
            "date": datetime.date.today().isoformat(),
        }
        if (disk := f"{cell}-disk") in self.cells and self.boot(disk):
            row["disk"] = (pathlib.Path(self.run("build", "--no-out-link", disk).strip()) / "disk.img").stat().st_size
        own = self.own(cell)
        if own <= self.seconds.keys():
            row["again"] = {"nodes": len(own), "different": sum(self.seconds[name] is None for name in own)}
            parts = [[self.of(node, "linux")["name"]], self.closure(runtime["name"])]
            if not row["again"]["different"]:
                row["seconds"] = [sum(self.seconds[name] for name in names) for names in parts]
        return row


def read(file):
    """The second builds in a file of --resume."""
    if not file or not file.exists():
        return {}
    try:
        known = json.loads(file.read_text())
    except ValueError as error:
        sys.exit(f"error: {file} is not JSON ({error}): --resume wants a file that it wrote, or the name of a new one")
    if not isinstance(known, dict):
        sys.exit(f"error: {file} was not written by --resume: it holds no JSON object")
    return known


def name_of(record):
    return record["target"], record["runtime"]


def table(rows):
    """Rows for people."""
    head = [key for key in KEYS if any(key in row for row in rows)]
    lines = [head, ["---"] * len(head), *([str(row.get(key, "")) for key in head] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def example(crossloom):
    """The matrix of examples/nodeos, rendered."""
    script = "crossloom=$1; source checks/lib.sh; example nodeos"
    return subprocess.check_output(["bash", "-c", script, "bash", crossloom], text=True, cwd=TOP).strip()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--again", action="store_true", help="build the systems' own nodes a second time and compare")
    parser.add_argument("--resume", type=pathlib.Path, metavar="FILE", help="second builds that were made; with --again")
    parser.add_argument("--record", action="store_true", help="write the rows to generator/data/results.toml")
    parser.add_argument("--target", action="append", default=[], help="only systems for this target; may be repeated")
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS, help=argparse.SUPPRESS)
    parser.add_argument("crossloom")
    parser.add_argument("matrix", nargs="?")
    options = parser.parse_args(arguments)
    if options.record and not options.again:
        parser.error("--record writes whole rows: it wants --again")
    if options.resume and not options.again:
        parser.error("--resume is about second builds: it wants --again")
    known = read(options.resume)
    crossloom = str(pathlib.Path(options.crossloom).resolve())
    matrix = options.matrix or example(crossloom)
    systems = Systems(crossloom, matrix, options.target)
    if not systems.booted():
        sys.exit(f"error: {matrix} has no system that boots on {SYSTEM}")
    systems.build()
    cells = [cell for cell in systems.booted() if systems.is_row(cell)]
    if options.again:
        systems.again(set().union(*map(systems.own, systems.booted())), known, options.resume)
    rows = [row for row in map(systems.record, cells) if row]
    print(table(rows), end="")
    if options.record:
        section = records.Section(options.results, "system", SECTION, KEYS, name_of)
        for row in rows:
            section.write(row)
    return 1 if systems.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
