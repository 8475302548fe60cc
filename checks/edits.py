#!/usr/bin/env python3
"""Tries the edits that recipes of [musl-gcc] make to sources, on every release that can be had here and for every target.

    edits.py CROSSLOOM

A row for each edit of a release: a node that makes it, how many others do, and how many lines it changes. Nothing is
built. An edit of an older release may have nothing to change in a newer one, whose authors made the change themselves;
where it must not, it says so itself. Exits 1 if an edit stops. Archives that could not be downloaded are named as
skipped.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import project

AXES = ("gcc", "binutils")
# What Nix' builder has defined when a phase runs.
FRAME = 'runHook() { :; }\nNIX_BUILD_TOP=$PWD\nsourceRoot=source\n'


def unescaped(text):
    """A string of a derivation's file, which has C's escapes of five characters."""
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1]), text)


def environment(derivation):
    """The builder's variables, as Nix wrote them into the derivation."""
    pairs = re.findall(r'\("((?:[^"\\]|\\.)*)","((?:[^"\\]|\\.)*)"\)', derivation)
    return {unescaped(name): unescaped(value) for name, value in pairs}


def phase(folder, script):
    """Runs a phase in a folder and tells its status and what it said."""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", FRAME + script], cwd=folder, text=True, capture_output=True)
    return done.returncode, done.stderr.strip()


def changed(before, after):
    """How many lines of two trees differ; a line that was replaced counts once."""
    said = subprocess.run(["diff", "-rN", before, after], text=True, errors="replace", capture_output=True).stdout
    return max(len(re.findall(rf"^{sign} ", said, re.M)) for sign in "<>")


class Edits:
    """All nodes of one archive that edit it: the edit's text, with the names of the nodes that make it."""

    def __init__(self, source, unpack):
        self.source, self.unpack, self.texts = source, unpack, {}

    def add(self, environment):
        self.texts.setdefault(environment["postPatch"], []).append((environment["pname"], environment["version"]))

    def rows(self, folder):
        """Tries each edit on a copy of the sources, whose files are links until the edit replaces them, as sed does."""
        unpacked, copy = folder / "unpacked", folder / "copy"
        (unpacked / "source").mkdir(parents=True)
        subprocess.run(["tar", "-xf", self.source, "-C", unpacked / "source", "--strip-components=1"], check=True)
        status, said = phase(unpacked, self.unpack)
        if status:
            yield self.source.name, 0, said or f"unpacking ended with status {status}"
            return
        # No recipe edits tests, which are most of GCC's files.
        for tests in list(unpacked.rglob("testsuite")):
            shutil.rmtree(tests)
        stamp = folder / "stamp"
        stamp.touch()
        for text, nodes in self.texts.items():
            shutil.copytree(unpacked, copy, copy_function=os.link, symlinks=True)
            status, said = phase(copy, f"cd source\n{text}")
            # A file that was written to in place has changed for the edits that follow, too.
            touched = subprocess.check_output(["find", unpacked, "-type", "f", "-newer", stamp], text=True)
            if touched:
                raise SystemExit(f"error: {nodes[0]} writes to a file that it does not replace: {touched}")
            name = "-".join(nodes[0])
            more = f" and {len(nodes) - 1} more" if len(nodes) > 1 else ""
            yield name + more, changed(unpacked, copy), (said or f"status {status}") if status else ""
            shutil.rmtree(copy)


def derivations(crossloom, axis, folder):
    """Renders every target with every release of one package, and gives the derivations' names."""
    folder.mkdir()
    known = json.loads(subprocess.check_output([crossloom, "list", "musl-gcc", "--json"], text=True))["family"]
    axes = [f"{key} = {json.dumps(of)}" for key, of in (("targets", known["targets"]), (axis, known["packages"][axis]))]
    matrix = folder / "matrix.toml"
    # The recipes of archives and debuggers have more edits.
    matrix.write_text(project.matrix(*axes, "archive = true", "gdb = true"))
    for command in ("lock", "generate"):
        subprocess.run([crossloom, "--quiet", command, "--matrix", matrix], check=True)
    # What can't be downloaded is skipped below.
    subprocess.run([crossloom, "--quiet", "fetch", "--matrix", matrix], stderr=subprocess.DEVNULL)
    said = subprocess.check_output(project.derivations(crossloom, "edits", matrix), text=True, cwd=project.TOP)
    return {words[4] for line in said.splitlines() if (words := line.split())[2] == "legacyPackages"}


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crossloom")
    crossloom = str(pathlib.Path(parser.parse_args(arguments).crossloom).resolve())
    by_source, skipped, stopped, tried = {}, set(), 0, 0
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        for name in sorted(set().union(*(derivations(crossloom, axis, work / axis) for axis in AXES))):
            of = environment((pathlib.Path("/nix/store") / name).read_text())
            if not of.get("postPatch"):
                continue
            source = pathlib.Path(of["src"])
            if source.exists():
                key = source, of.get("postUnpack", "")
                by_source.setdefault(key, Edits(*key)).add(of)
            else:
                skipped.add(source.name.split("-", 1)[1])
        for count, key in enumerate(sorted(by_source)):
            for name, lines, wrong in by_source[key].rows(work / str(count)):
                print(f"{name}: {lines} lines" + (f", and it stopped: {wrong}" if wrong else ""), flush=True)
                tried += 1
                stopped += bool(wrong)
            shutil.rmtree(work / str(count))
    for name in sorted(skipped):
        print(f"SKIPPED: {name} could not be downloaded")
    print(f"{tried} edits tried, {stopped} stopped, {len(skipped)} archives skipped")
    return 1 if stopped or not tried else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
