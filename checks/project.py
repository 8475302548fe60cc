"""What scripts that build toolchains of [musl-gcc] share: the project they write, and how they ask for its derivations."""

import os
import pathlib

TOP = pathlib.Path(__file__).resolve().parents[1]
# This machine's name among a project's build machines.
SYSTEM = f"{os.uname().machine}-linux"


def matrix(*lines):
    """The text of a matrix for this machine, with these lines in the table [musl-gcc]."""
    head = ["crossloom = 1", "[build]", f'systems = ["{SYSTEM}"]', "[sources]", 'prefer = ["debian", "upstream"]']
    return "\n".join([*head, "[musl-gcc]", *lines]) + "\n"


def derivations(crossloom, name, path):
    """The command that prints the derivations of a project by its matrix, to be run in TOP.

    A line has five words: the name, the system, the flake's output, the attribute and the derivation's file name.
    """
    script = 'crossloom=$1; source checks/lib.sh; derivations "$2" "$3" "$1" --quiet nix --matrix "$3"'
    return ["bash", "-c", script, "bash", crossloom, name, path]
