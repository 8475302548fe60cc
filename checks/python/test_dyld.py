"""The resolver against files that are made here: python3 -m unittest discover -s checks/python"""

import contextlib
import importlib.util
import io
import pathlib
import random
import struct
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SCRIPT = pathlib.Path(__file__).parents[2] / "overlays/darwin/dyld.py"
SPEC = importlib.util.spec_from_file_location("dyld", SCRIPT)
dyld = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(dyld)

SYSTEM = "/usr/lib/libSystem.B.dylib"
THING = "/System/Library/Frameworks/Thing.framework/Versions/A/Thing"
PASSES_ON = "/usr/lib/libpasses.1.dylib"

LIBSYSTEM = f"""--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '{SYSTEM}'
current-version: 1351
reexported-libraries:
  - targets:         [ x86_64-macos, arm64-macos ]
    libraries:       [ '/usr/lib/system/libinner.dylib' ]
exports:
  - targets:         [ x86_64-macos, arm64-macos ]
    symbols:         [ _outer, '_with$suffix' ]
  - targets:         [ x86_64-macos ]
    symbols:         [ _intel ]
  - targets:         [ arm64-maccatalyst ]
    symbols:         [ _catalyst ]
--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '/usr/lib/system/libinner.dylib'
exports:
  - targets:         [ x86_64-macos,
                       arm64-macos ]
    symbols:         [ _inner,
                       _more ]
...
"""
FRAMEWORK = f"""--- !tapi-tbd
tbd-version: 4
targets: [ 'x86_64-macos', 'arm64-macos' ]
install-name: '{THING}'
current-version: 1
compatibility-version: 1.2
exports:
  - targets: [ 'x86_64-macos', 'arm64-macos' ]
    symbols: [ '_ThingMake' ]
    objc-classes: [ 'Thing' ]
...
"""
OLD = f"""--- !tapi-tbd-v3
archs:           [ i386, x86_64 ]
platform:        macosx
install-name:    {PASSES_ON}
exports:
  - archs:           [ i386, x86_64 ]
    re-exports:      [ {THING} ]
    symbols:         [ _passes ]
"""
SDK = {
    "usr/lib/libSystem.tbd": LIBSYSTEM,
    "System/Library/Frameworks/Thing.framework/Versions/A/Thing.tbd": FRAMEWORK,
    "usr/lib/libpasses.1.tbd": OLD,
}


def padded(data):
    return data + bytes(-len(data) % 8)


def name_command(number, name):
    return padded(struct.pack("<3I", number, 0, 12) + name.encode() + b"\0")


def library_command(number, name, compatibility=0x10000):
    return padded(struct.pack("<6I", number, 0, 24, 0, 0, compatibility) + name.encode() + b"\0")


def opcodes(*binds):
    """Binding opcodes: library, name and flags of each."""
    data = b"\x51\x72\x08"  # Pointers, and where they are.
    for ordinal, name, flags in binds:
        data += bytes([0x10 | ordinal if ordinal > 0 else 0x30 | ordinal & 0xF, 0x40 | flags])
        data += name.encode() + b"\0" + b"\x90"
    return data + b"\0"


def fixups(form, *binds):
    """Chained fixups' imports: library, name and whether it may be missing."""
    names, imports = b"\0", b""
    for ordinal, name, weak in binds:
        at = len(names)
        if form == 3:
            imports += struct.pack("<2Q", ordinal & 0xFFFF | weak << 16 | at << 32, 0)
        else:
            imports += struct.pack("<I", ordinal & 0xFF | weak << 8 | at << 9) + bytes(4 * (form - 1))
        names += name.encode() + b"\0"
    return struct.pack("<7I", 0, 28, 28, 28 + len(imports), len(binds), form, 0) + imports + names


def trie(*names):
    """The exports: a root with an edge for each name."""
    edges, nodes, at = b"", b"", 2 + sum(len(name) + 2 for name in names)
    for index, name in enumerate(names):
        edges += name.encode() + b"\0" + bytes([at + 4 * index])
        nodes += b"\x02\x00\x00\x00"
    return bytes([0, len(names)]) + edges + nodes if names else b""


def image(
    binds=b"",
    weak=b"",
    lazy=b"",
    chained=None,
    exports=(),
    libraries=(SYSTEM, THING),
    cpu=dyld.ARM64,
    kind=dyld.EXECUTE,
    flags=dyld.TWO_LEVEL,
    install_name=None,
    symbols=(),
    load=0xC,
    compatibility=0x10000,
):
    """A Mach-O file with what dyld reads."""
    commands = [name_command(dyld.LOAD_DYLINKER, "/usr/lib/dyld")] if kind == dyld.EXECUTE else []
    commands += [library_command(dyld.ID_DYLIB, install_name)] if install_name else []
    commands += [library_command(load, library, compatibility) for library in libraries]
    exported = trie(*exports)
    tables = [exported, chained] if chained is not None else [binds, weak, lazy, exported]
    strings, table = b"\0", b""
    for ordinal, name in symbols:
        table += struct.pack("<IBBHQ", len(strings), 1, 0, (ordinal & 0xFF) << 8, 0)
        strings += name.encode() + b"\0"
    size = sum(map(len, commands)) + 24 + (32 if chained is not None else 48)
    at, places = 32 + size, []
    for part in [*tables, table, strings]:
        places.append((at, len(part)))
        at += len(part)
    if chained is not None:
        commands += [
            struct.pack("<4I", number, 16, *place)
            for number, place in zip((dyld.EXPORTS_TRIE, dyld.CHAINED_FIXUPS), places, strict=False)
        ]
    else:
        commands.append(struct.pack("<12I", 0x80000022, 48, 0, 0, *sum(places[:4], ())))
    commands.append(struct.pack("<6I", dyld.SYMTAB, 24, places[-2][0], len(symbols), *places[-1]))
    body = b"".join(command[:4] + struct.pack("<I", len(command)) + command[8:] for command in commands)
    assert len(body) == size
    header = struct.pack("<8I", dyld.MAGIC_64, cpu, 0, kind, len(commands), size, flags, 0)
    return header + body + b"".join([*tables, table, strings])


class Resolver(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        for path, text in SDK.items():
            (self.top / path).parent.mkdir(parents=True, exist_ok=True)
            (self.top / path).write_text(text)

    def run_on(self, data, *options, listing=True):
        """Exit code, what it lists as pairs, and the rest."""
        (self.top / "file").write_bytes(data)
        out, errors = io.StringIO(), io.StringIO()
        options = [*(["--list"] if listing else []), "--sdk", str(self.top), *options, str(self.top / "file")]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = dyld.main(options)
        rows = [tuple(line.split("\t")[2:]) for line in out.getvalue().splitlines()] if listing else out.getvalue()
        return code, rows, errors.getvalue()

    def fine(self, data, expected, *options):
        self.assertEqual(self.run_on(data, *options), (0, expected, ""))

    def wrong(self, data, words, *options):
        code, _, errors = self.run_on(data, *options)
        self.assertIn(words, errors)
        self.assertEqual(code, 1)

    def test_names_are_found_in_the_library_that_is_named(self):
        binds = ((1, "_outer", 0), (1, "_inner", 0), (2, "_ThingMake", 0), (2, "_OBJC_CLASS_$_Thing", 0))
        found = [(SYSTEM, "_inner"), (SYSTEM, "_outer"), (THING, "_OBJC_CLASS_$_Thing"), (THING, "_ThingMake")]
        self.fine(image(opcodes(*binds)), found)
        self.fine(image(opcodes(*binds[:2]), lazy=opcodes(*binds[2:])), found)
        for form in (1, 2, 3):
            self.fine(image(chained=fixups(form, *binds)), found)
        code, said, _ = self.run_on(image(opcodes(*binds)), listing=False)
        self.assertEqual(code, 0)
        self.assertTrue(said.endswith(f"arm64  dyld finds 4 symbols: 2 of {SYSTEM}, 2 of {THING}\n"), said)

    def test_names_of_another_library_are_not(self):
        for data in (
            image(opcodes((2, "_outer", 0))),
            image(lazy=opcodes((2, "_outer", 0))),
            *(image(chained=fixups(form, (2, "_outer", 0))) for form in (1, 2, 3)),
        ):
            self.wrong(data, f"symbol _outer is not in {THING}")
        self.wrong(image(opcodes((3, "_outer", 0))), "symbol _outer is of library 3, and there are 2")

    def test_what_may_be_missing(self):
        self.fine(image(opcodes((1, "_newer", 1))), [])
        self.fine(image(chained=fixups(1, (1, "_newer", 1))), [])
        absent = "/usr/lib/libabsent.dylib"
        self.wrong(image(libraries=[absent]), f"there is no library {absent}")
        self.fine(image(opcodes((1, "_x", 0)), libraries=[absent], load=dyld.LOAD_WEAK_DYLIB), [])
        self.wrong(image(libraries=["@rpath/libx.dylib"]), "there is no library @rpath/libx.dylib")
        self.wrong(image(libraries=["/usr/lib/../lib/libSystem.B.dylib"]), "there is no library")

    def test_processors_have_their_own_names(self):
        bind = opcodes((1, "_intel", 0))
        self.fine(image(bind, cpu=dyld.X86_64), [(SYSTEM, "_intel")])
        self.wrong(image(bind), f"symbol _intel is not in {SYSTEM}")
        self.wrong(image(opcodes((1, "_catalyst", 0))), f"symbol _catalyst is not in {SYSTEM}")
        thin = [image(bind, cpu=dyld.X86_64), image(bind, cpu=dyld.ARM64)]
        starts = [4096, 4096 + len(thin[0])]
        header = struct.pack(">2I", dyld.FAT, 2)
        for part, start, cpu in zip(thin, starts, (dyld.X86_64, dyld.ARM64), strict=True):
            header += struct.pack(">5I", cpu, 0, start, len(part), 0)
        self.wrong(header + bytes(4096 - len(header)) + b"".join(thin), "arm64: symbol _intel is not in")

    def test_what_a_library_passes_on(self):
        bind = opcodes((1, "_ThingMake", 0), (1, "_passes", 0))
        self.fine(
            image(bind, libraries=[PASSES_ON], cpu=dyld.X86_64), [(PASSES_ON, "_ThingMake"), (PASSES_ON, "_passes")]
        )
        library = image(
            kind=dyld.DYLIB, install_name="/opt/l.dylib", load=dyld.REEXPORT_DYLIB, exports=["_mine", "_my"]
        )
        (self.top / "l.dylib").write_bytes(library)
        bind = opcodes((1, "_mine", 0), (1, "_outer", 0))
        given = ("--library", str(self.top / "l.dylib"))
        self.fine(
            image(bind, libraries=["/opt/l.dylib"]), [("/opt/l.dylib", "_mine"), ("/opt/l.dylib", "_outer")], *given
        )
        self.wrong(image(opcodes((1, "_m", 0)), libraries=["/opt/l.dylib"]), "symbol _m is not in /opt/l.dylib", *given)

    def test_names_without_a_library(self):
        own = image(opcodes((0, "_own", 0)), exports=["_own"])
        self.fine(own, [])
        self.wrong(image(opcodes((0, "_own", 0))), "_own is said to be its own")
        self.fine(image(opcodes((-2, "_ThingMake", 0))), [(THING, "_ThingMake")])
        self.wrong(image(opcodes((-2, "_nowhere", 0))), "_nowhere is looked up anywhere")
        self.fine(image(chained=fixups(1, (-3, "_outer", 0))), [(SYSTEM, "_outer")])
        self.wrong(image(weak=b"\x40_nowhere\0\x90\0"), "_nowhere is looked up anywhere")
        self.fine(image(opcodes((-1, "_main", 0)), kind=dyld.BUNDLE), [])
        self.wrong(image(opcodes((-1, "_main", 0)), kind=dyld.DYLIB), "_main is said to be the program's")

    def test_the_symbol_table_says_the_same(self):
        bind = opcodes((1, "_outer", 0))
        self.fine(image(bind, symbols=[(1, "_outer")]), [(SYSTEM, "_outer")])
        self.wrong(image(bind, symbols=[(2, "_outer")]), "the symbol table does not say that _outer is of library 1")

    def test_what_dyld_refuses(self):
        self.wrong(image(flags=0), "it does not use the two-level namespace")
        self.wrong(image(compatibility=0x20000, libraries=[THING]), f"it needs a newer {THING}")
        self.fine(image(compatibility=0x10200, libraries=[THING]), [])
        code, _, errors = self.run_on(b"#!/bin/sh\nexit 0\n" * 4)
        self.assertEqual((code, errors), (2, f"error: {self.top}/file: this is not Mach-O for x86_64 or arm64\n"))

    def test_damaged_files_are_refused_or_found_wanting(self):
        binds = ((1, "_outer", 0), (-2, "_inner", 1), (0, "_own", 0))
        whole = [
            image(
                opcodes(*binds), lazy=opcodes(*binds), weak=opcodes(*binds), exports=["_own"], symbols=[(1, "_outer")]
            ),
            *(image(chained=fixups(form, *binds), exports=["_own"], symbols=[(1, "_outer")]) for form in (1, 3)),
        ]
        seeded = random.Random(1)
        for data in whole:
            for size in range(0, len(data), 5):
                self.assertIn(self.run_on(data[:size])[0], (0, 1, 2))
            self.assertNotEqual(self.run_on(data[: len(data) // 2])[0], 0)
            for _ in range(100):
                damaged = bytearray(data)
                for _ in range(seeded.randint(1, 4)):
                    damaged[seeded.randrange(len(data))] = seeded.choice(
                        (0, 1, 0x7F, 0x80, 0xFF, seeded.randrange(256))
                    )
                self.assertIn(self.run_on(bytes(damaged))[0], (0, 1, 2))

    def test_damaged_stubs_are_refused(self):
        for text in (
            "",
            "{}",
            "--- !tapi-tbd-v9\n",
            "--- !tapi-tbd\ntbd-version: 5\n",
            "--- !tapi-tbd\ntbd-version: 4\n",
        ):
            (self.top / "usr/lib/libSystem.tbd").write_text(text)
            code, _, errors = self.run_on(image())
            self.assertEqual(code, 2, text)
            self.assertTrue(errors.startswith("error: "), errors)


if __name__ == "__main__":
    unittest.main()
