"""The SDK extractor against packages that are made here: python3 -m unittest discover -s checks/python"""

import bz2
import gzip
import importlib.util
import lzma
import os
import pathlib
import struct
import sys
import tempfile
import unittest
import zlib

sys.dont_write_bytecode = True
SCRIPT = pathlib.Path(__file__).parents[2] / "overlays/darwin/extract-pkg.py"
SPEC = importlib.util.spec_from_file_location("extract_pkg", SCRIPT)
extract_pkg = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(extract_pkg)

SDKS = "./Library/Developer/CommandLineTools/SDKs"
ROOT = f"{SDKS}/MacOSX15.5.sdk"
DIRECTORY, FILE, LINK, PIPE = 0o040755, 0o100644, 0o120755, 0o010644

TREE = [
    (".", DIRECTORY, b""),
    (SDKS, DIRECTORY, b""),
    (f"{SDKS}/MacOSX15.sdk", LINK, b"MacOSX15.5.sdk"),
    (f"{SDKS}/README", FILE, b"not of the SDK"),
    (ROOT, DIRECTORY, b""),
    (f"{ROOT}/SDKSettings.json", FILE, b'{"Version":"15.5"}'),
    (f"{ROOT}/usr", DIRECTORY, b""),
    (f"{ROOT}/usr/include", DIRECTORY, b""),
    (f"{ROOT}/usr/include/a.h", FILE, b"a" * 100_001),
    (f"{ROOT}/usr/include/b.h", LINK, b"../include/./a.h"),
    # Parents that have no member of their own.
    (f"{ROOT}/usr/bin/tool", 0o100755, b"#!"),
]


def odc(members, links=None):
    data = b""
    for number, (name, mode, contents) in enumerate([*members, ("TRAILER!!!", 0, b"")]):
        inode, nlink = (links or {}).get(name, (number, 1))
        name = name.encode() + b"\0"
        numbers = (0o777, inode, mode, 0, 0, nlink, 0)
        data += b"070707" + b"".join(b"%06o" % field for field in numbers)
        data += b"%011o%06o%011o" % (0, len(name), len(contents)) + name + contents
    return data


def newc(members):
    data = b""
    for number, (name, mode, contents) in enumerate([*members, ("TRAILER!!!", 0, b"")]):
        name = name.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(contents), 1, 1, 0, 0, len(name), 0)
        data += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        data += b"\0" * (-len(data) % 4) + contents
        data += b"\0" * (-len(data) % 4)
    return data


def pbzx(data, chunk=40_000, raw=lambda number: number % 2):
    stream = b"pbzx" + struct.pack(">Q", chunk)
    for number, at in enumerate(range(0, len(data), chunk)):
        piece = data[at : at + chunk]
        packed = piece if raw(number) else lzma.compress(piece)
        stream += struct.pack(">QQ", len(piece), len(packed)) + packed
    return stream


def xar(files, toc=None):
    """`files`: name, contents, style. All of them stand in one directory of the package."""
    heap, entries = b"checksum------------", ""
    for name, data, style in files:
        entries += f"<file id='1'><name>{name}</name><type>file</type><data><offset>{len(heap)}</offset>"
        entries += f"<length>{len(data)}</length><size>0</size><encoding style='{style}'/></data></file>"
        heap += data
    plain = f"<?xml version='1.0'?><xar><toc><file id='0'><name>x.pkg</name>{entries}</file></toc></xar>"
    plain = (toc or plain).encode()
    packed = zlib.compress(plain)
    return struct.pack(">4sHHQQI", b"xar!", 28, 1, len(packed), len(plain), 1) + packed + heap


def package(payload, style="application/octet-stream"):
    return xar([("Bom", b"bom", "application/octet-stream"), ("Payload", payload, style)])


class Extract(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.root = pathlib.Path(self.directory.name)

    def extract(self, data, version="15.5"):
        (self.root / "x.pkg").write_bytes(data)
        out = self.root / "out"
        extract_pkg.extract(self.root / "x.pkg", version, out)
        return out

    def refused(self, data, message, version="15.5"):
        with tempfile.TemporaryDirectory() as name:
            self.root = pathlib.Path(name)
            with self.assertRaises(extract_pkg.PackageError) as caught:
                self.extract(data, version)
            self.assertIn(message, str(caught.exception))
            # Nothing beside the package and what was asked for.
            self.assertLessEqual({entry.name for entry in self.root.iterdir()}, {"x.pkg", "out"})

    def check(self, out):
        found = sorted(str(path.relative_to(out)) for path in out.rglob("*"))
        self.assertEqual(
            found,
            ["SDKSettings.json", "usr", "usr/bin", "usr/bin/tool", "usr/include", "usr/include/a.h", "usr/include/b.h"],
        )
        self.assertEqual((out / "usr/include/a.h").read_bytes(), b"a" * 100_001)
        self.assertEqual(os.readlink(out / "usr/include/b.h"), "../include/./a.h")
        self.assertTrue(os.access(out / "usr/bin/tool", os.X_OK))
        self.assertEqual((out / "usr/include/a.h").stat().st_mode & 0o777, 0o644)

    def test_every_form_of_a_payload(self):
        forms = {
            "chunked": package(pbzx(odc(TREE))),
            "chunked, all raw": package(pbzx(odc(TREE), raw=lambda _: True)),
            "newer cpio": package(pbzx(newc(TREE))),
            "gzip": package(gzip.compress(odc(TREE))),
            "encoded by xar": package(zlib.compress(pbzx(odc(TREE))), "application/x-gzip"),
            "encoded by xar with bzip2": package(bz2.compress(gzip.compress(odc(TREE))), "application/x-bzip2"),
            "not the first payload": xar(
                [
                    ("Payload", pbzx(odc([("./bin/ls", FILE, b"")])), "application/octet-stream"),
                    ("Payload", pbzx(odc(TREE)), "application/octet-stream"),
                ]
            ),
        }
        for form, data in forms.items():
            with self.subTest(form), tempfile.TemporaryDirectory() as name:
                self.root = pathlib.Path(name)
                self.check(self.extract(data))

    def test_a_name_that_is_a_link_to_the_sdk(self):
        self.check(self.extract(package(pbzx(odc(TREE))), "15"))

    def test_hard_links(self):
        links = {f"{ROOT}/a": (7, 2), f"{ROOT}/b": (7, 2), f"{ROOT}/empty": (8, 2)}
        tree = [(f"{ROOT}/a", FILE, b"text"), (f"{ROOT}/b", FILE, b""), (f"{ROOT}/empty", FILE, b"")]
        out = self.extract(package(pbzx(odc(tree, links))))
        self.assertEqual([(out / name).read_bytes() for name in ("a", "b", "empty")], [b"text", b"text", b""])

    def test_another_sdk(self):
        self.refused(package(pbzx(odc(TREE))), "it holds no MacOSX14.0.sdk, but 'MacOSX15.5.sdk', 'MacOSX15.sdk'", "14.0")
        self.refused(package(pbzx(odc([]))), "it holds no MacOSX15.5.sdk, but none")
        self.refused(package(pbzx(odc([(f"{ROOT}", LINK, b"/etc")]))), "it holds no MacOSX15.5.sdk")

    def test_members_that_lead_elsewhere(self):
        start = [(ROOT, DIRECTORY, b""), (f"{ROOT}/x", FILE, b"")]
        for member, message in [
            ([("/etc/evil", FILE, b"")], "'/etc/evil' has an absolute path"),
            ([(f"{ROOT}/../../evil", FILE, b"")], "leads out of the package with .."),
            ([(f"{ROOT}/l", LINK, b"/etc")], "is a link that leads out of the SDK: '/etc'"),
            ([(f"{ROOT}/l", LINK, b"../x")], "leads out of the SDK"),
            ([(f"{ROOT}/d/l", LINK, b"../../MacOSX15.5.sdk/x")], "leads out of the SDK"),
            ([(f"{ROOT}/d/l", LINK, b".."), (f"{ROOT}/m", LINK, b"d/l/..")], "leads out of the SDK"),
            ([(f"{ROOT}/l", LINK, b"")], "is a link to nowhere"),
            ([(f"{ROOT}/l", LINK, b"x" * 5000)], "is a link with 5000 bytes"),
            ([(f"{ROOT}/l", LINK, b"."), (f"{ROOT}/l/x", FILE, b"")], "leads through a file or a link"),
            ([(f"{ROOT}/l", LINK, b"x"), (f"{ROOT}/l", FILE, b"")], "is there twice"),
            ([(f"{ROOT}/x", DIRECTORY, b"")], "is there twice"),
            ([(f"{ROOT}/p", PIPE, b"")], "is neither a file, a directory nor a link"),
        ]:
            with self.subTest(message):
                self.refused(package(pbzx(odc(start + member))), message)

    def test_what_is_damaged_or_too_large(self):
        whole = package(pbzx(odc(TREE)))
        bomb = b"pbzx" + struct.pack(">QQQ", 0, 10, len(lzma.compress(bytes(1 << 20)))) + lzma.compress(bytes(1 << 20))
        for data, message in [
            (b"", "truncated"),
            (b"PK\3\4" * 10, "not a flat package"),
            (whole[:40], "table of contents is said to be"),
            (whole[:-1], "truncated"),
            (struct.pack(">4sHHQQI", b"xar!", 28, 1, 10, 1 << 40, 1), "table of contents is said to be"),
            (xar([], "<xar"), "is no XML"),
            (xar([], "<!DOCTYPE x [<!ENTITY a 'b'>]><xar/>"), "declares entities"),
            (xar([]), "holds no Payload"),
            (package(b"pbzx"), "truncated"),
            (package(b"no archive"), "neither pbzx nor gzip"),
            (package(pbzx(odc(TREE)[:-200])), "truncated"),
            (package(pbzx(b"x" * 100)), "is no cpio archive"),
            (package(bomb), "larger than it says"),
            (package(b"pbzx" + struct.pack(">QQQ", 0, 1 << 40, 8) + b"12345678"), "is said to be"),
            (package(gzip.compress(odc(TREE))[:-20]), "truncated"),
            (package(pbzx(odc(TREE)), "application/x-new"), "not known here"),
            (package(pbzx(odc([("x" * 5000, FILE, b"")]))), "a member's name is said to be"),
        ]:
            with self.subTest(message):
                self.refused(data, message)

    def test_any_byte_may_be_wrong(self):
        data = bytearray(package(pbzx(odc(TREE[:6]), chunk=200)))
        for at in range(0, len(data), 11):
            changed = data.copy()
            changed[at] ^= 0x41
            with self.subTest(at), tempfile.TemporaryDirectory() as name:
                self.root = pathlib.Path(name)
                try:
                    self.extract(bytes(changed))
                except (extract_pkg.PackageError, OSError):
                    pass


if __name__ == "__main__":
    unittest.main()
