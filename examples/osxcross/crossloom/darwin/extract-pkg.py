"""Takes one macOS SDK out of Apple's flat package: extract-pkg.py PACKAGE VERSION OUT.

A flat package is a xar archive; its Payload is a chunked xz stream (pbzx) or gzip over a cpio archive. Only what stands
below MacOSX<VERSION>.sdk is written. Nothing in the package is trusted: sizes are bounded, a path may not lead out of the
SDK, and neither may a symbolic link.
"""

import bz2
import lzma
import os
import re
import struct
import sys
import xml.etree.ElementTree as xml
import zlib

TOC_LIMIT = 64 << 20
CHUNK_LIMIT = 256 << 20
TOTAL_LIMIT = 16 << 30
MEMBER_LIMIT = 2_000_000
NAME_LIMIT = 4096
PIECE = 1 << 20


class PackageError(Exception):
    pass


def exactly(stream, size, what):
    data = stream.read(size)
    if len(data) != size:
        raise PackageError(f"truncated: {what} ends after {len(data)} of {size} bytes")
    return data


def inflate(data, limit, what):
    decoder = zlib.decompressobj()
    try:
        plain = decoder.decompress(data, limit + 1)
    except zlib.error as error:
        raise PackageError(f"{what} is damaged: {error}") from error
    if len(plain) > limit:
        raise PackageError(f"{what} is larger than {limit} bytes")
    if not decoder.eof:
        raise PackageError(f"truncated: {what} ends early")
    return plain


class Part:
    """A range of a file, read like a file of its own."""

    def __init__(self, file, offset, size):
        self.file, self.left = file, size
        file.seek(offset)

    def read(self, size):
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        return data


def payloads(file):
    """Every payload of the package: pairs of its name and a function that opens it."""
    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    magic, header, version, packed, plain = struct.unpack(">4sHHQQ", exactly(file, 24, "the xar header"))
    if magic != b"xar!" or version != 1 or header < 24:
        raise PackageError("not a flat package: it has no xar header")
    if packed > TOC_LIMIT or plain > TOC_LIMIT or header + packed > end:
        raise PackageError(f"its table of contents is said to be {packed} bytes long, {plain} unpacked")
    file.seek(header)
    toc = inflate(exactly(file, packed, "the table of contents"), plain, "the table of contents")
    if b"<!DOCTYPE" in toc or b"<!ENTITY" in toc:
        raise PackageError("its table of contents declares entities")
    try:
        root = xml.fromstring(toc)
    except xml.ParseError as error:
        raise PackageError(f"its table of contents is no XML: {error}") from error
    heap, found = header + packed, []
    for entry in root.iter("file"):
        data = entry.find("data")
        if entry.findtext("name") != "Payload" or data is None:
            continue
        try:
            offset, length = int(data.findtext("offset", "")), int(data.findtext("length", ""))
        except ValueError:
            raise PackageError("its Payload has no place") from None
        encoding = data.find("encoding")
        style = "application/octet-stream" if encoding is None else encoding.get("style", "")
        if offset < 0 or length < 0 or heap + offset + length > end:
            raise PackageError("truncated: its Payload ends outside of the file")
        found.append(lambda at=heap + offset, length=length, style=style: decoded(Part(file, at, length), style))
    if not found:
        raise PackageError("it holds no Payload")
    return found


def decoded(part, style):
    """The bytes of a xar member."""
    if style == "application/octet-stream":
        return part
    if style == "application/x-gzip":
        return Pieces(unzipped(part))
    if style == "application/x-bzip2":
        return Pieces(decompressed(part, bz2.BZ2Decompressor()))
    raise PackageError(f"its Payload is encoded as {style!r}, which is not known here")


class Pieces:
    """An iterator of byte strings, read like a file."""

    def __init__(self, pieces):
        self.pieces, self.buffer, self.at, self.total = pieces, b"", 0, 0

    def read(self, size):
        taken = []
        while size:
            if self.at == len(self.buffer):
                self.buffer, self.at = next(self.pieces, b""), 0
                if not self.buffer:
                    break
                self.total += len(self.buffer)
                if self.total > TOTAL_LIMIT:
                    raise PackageError(f"its Payload unpacks to more than {TOTAL_LIMIT} bytes")
            piece = self.buffer[self.at : self.at + size]
            self.at += len(piece)
            size -= len(piece)
            taken.append(piece)
        return b"".join(taken)


# What decompressors make of a stream, in pieces of bounded size and none of them empty.


def unzipped(stream, start=b""):
    # zlib's own frame or gzip's.
    decoder, data = zlib.decompressobj(zlib.MAX_WBITS | 32), start
    try:
        while not decoder.eof:
            data = data or stream.read(PIECE)
            if not data:
                raise PackageError("truncated: its Payload ends early")
            plain = decoder.decompress(data, PIECE)
            data = decoder.unconsumed_tail
            if plain:
                yield plain
    except zlib.error as error:
        raise PackageError(f"its Payload is damaged: {error}") from error


def decompressed(stream, decoder):
    try:
        while not decoder.eof:
            data = stream.read(PIECE) if decoder.needs_input else b""
            if decoder.needs_input and not data:
                raise PackageError("truncated: its Payload ends early")
            plain = decoder.decompress(data, PIECE)
            if plain:
                yield plain
    except (lzma.LZMAError, OSError) as error:
        raise PackageError(f"its Payload is damaged: {error}") from error


def unchunked(stream):
    """The contents of a pbzx stream behind its magic: chunks, each compressed by xz or left as it is."""
    exactly(stream, 8, "the Payload's header")
    while True:
        head = stream.read(16)
        if not head:
            return
        plain, packed = struct.unpack(">QQ", head + exactly(stream, 16 - len(head), "a chunk's header"))
        if plain > CHUNK_LIMIT or packed > CHUNK_LIMIT:
            raise PackageError(f"a chunk of its Payload is said to be {packed} bytes long, {plain} unpacked")
        data = exactly(stream, packed, "a chunk of the Payload")
        if not data.startswith(b"\xfd7zXZ\0"):
            yield data
            continue
        decoder, size = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=1 << 30), 0
        for piece in decompressed(Pieces(iter([data])), decoder):
            size += len(piece)
            if size > plain:
                raise PackageError("a chunk of its Payload is larger than it says")
            yield piece


def unpacked(stream):
    """The cpio archive in a payload."""
    magic = exactly(stream, 4, "the Payload")
    if magic == b"pbzx":
        return Pieces(unchunked(stream))
    if magic[:2] == b"\x1f\x8b":
        return Pieces(unzipped(stream, magic))
    raise PackageError("its Payload is neither pbzx nor gzip")


# Lengths of a cpio header's fields, in the order of `Member`; the old form counts in octal, the newer one in base 16.
OLD = (8, (6, 6, 6, 6, 6, 6, 6, 11, 6, 11), "dev ino mode uid gid nlink rdev mtime namesize filesize".split())
NEW = (
    16,
    (8,) * 13,
    "ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check".split(),
)


def members(stream):
    """Every member of a cpio archive: path, mode, what tells hard links apart, size, and the stream at its contents,
    which are skipped where they are not read."""
    count = 0
    while True:
        magic = exactly(stream, 6, "a member's header")
        base, lengths, names = {b"070707": OLD, b"070701": NEW, b"070702": NEW}.get(magic, (0, (), ()))
        if not base:
            raise PackageError("its Payload is no cpio archive")
        fields = {}
        for length, name in zip(lengths, names):
            digits = exactly(stream, length, "a member's header")
            if not re.fullmatch(rb"[0-9A-Fa-f]+", digits):
                raise PackageError("a member's header is damaged")
            try:
                fields[name] = int(digits, base)
            except ValueError:
                raise PackageError("a member's header is damaged") from None
        if not 1 <= fields["namesize"] <= NAME_LIMIT:
            raise PackageError(f"a member's name is said to be {fields['namesize']} bytes long")
        name = exactly(stream, fields["namesize"], "a member's name").rstrip(b"\0")
        # The newer form pads name and contents to multiples of four.
        pad = (lambda size: -size % 4) if base == 16 else (lambda size: 0)
        exactly(stream, pad(110 + fields["namesize"]), "a member's name")
        if name == b"TRAILER!!!":
            return
        count += 1
        if count > MEMBER_LIMIT:
            raise PackageError(f"it has more than {MEMBER_LIMIT} members")
        size = fields["filesize"]
        contents = Part(Unseekable(stream), 0, size)
        link = (fields.get("dev", (fields.get("devmajor"), fields.get("devminor"))), fields["ino"], fields["nlink"])
        yield name, fields["mode"], link, contents
        while contents.left:
            if not contents.read(PIECE):
                raise PackageError("truncated: a member's contents end early")
        exactly(stream, pad(size), "a member's contents")


class Unseekable:
    """A stream whose place is where it stands."""

    def __init__(self, stream):
        self.read = stream.read

    def seek(self, _offset):
        pass


def parts(name):
    """A member's path; refused where it does not stay below its root."""
    if name.startswith(b"/") or b"\0" in name:
        raise PackageError(f"its member {text(name)} has an absolute path")
    path = [part for part in name.split(b"/") if part not in (b"", b".")]
    if b".." in path:
        raise PackageError(f"its member {text(name)} leads out of the package with ..")
    return path


def text(name):
    return repr(name.decode("utf-8", "replace"))


def below_sdk(path):
    """A path split behind the first component that is an SDK's: its name, and the rest."""
    for i, part in enumerate(path):
        if part.endswith(b".sdk"):
            return part, path[i + 1 :]
    return None, []


def real_name(open_payload, wanted):
    """The directory that the SDK's name stands for: itself, or what a link of that name says. None if neither is there.
    Also the names of all SDKs in the payload."""
    links, directories = {}, set()
    for name, mode, _, contents in members(unpacked(open_payload())):
        sdk, rest = below_sdk(parts(name))
        if sdk and rest:
            directories.add(sdk)
        elif sdk and mode & 0o170000 == 0o120000:
            links[sdk] = exactly(contents, contents.left, "a link's target") if contents.left <= NAME_LIMIT else b""
    target = links.get(wanted, wanted)
    return (target if target in directories else None), directories | set(links)


def write(open_payload, sdk, out):
    """Writes the tree below `sdk` to the new directory `out`."""
    out = os.fsencode(out)
    os.mkdir(out)
    made, linked, symlinks = {(): True}, {}, []
    for name, mode, (device, inode, links), contents in members(unpacked(open_payload())):
        found, path = below_sdk(parts(name))
        if found != sdk or not path:
            continue
        for end in range(1, len(path)):
            parent = tuple(path[:end])
            # A parent is a directory that was made here, so no path leads through a link.
            if parent not in made:
                os.mkdir(os.path.join(out, *parent))
                made[parent] = True
            elif not made[parent]:
                raise PackageError(f"its member {text(name)} leads through a file or a link")
        kind, key, target = mode & 0o170000, tuple(path), os.path.join(out, *path)
        if kind == 0o040000:
            if key not in made:
                os.mkdir(target)
                made[key] = True
            elif not made[key]:
                raise PackageError(f"its member {text(name)} is there twice")
            continue
        if key in made:
            raise PackageError(f"its member {text(name)} is there twice")
        made[key] = False
        if kind == 0o120000:
            if contents.left > NAME_LIMIT:
                raise PackageError(f"its member {text(name)} is a link with {contents.left} bytes")
            symlink(name, exactly(contents, contents.left, "a link's target"), path, target)
            symlinks.append((name, target))
        elif kind == 0o100000:
            if links > 1 and not contents.left and (device, inode) in linked:
                os.link(linked[device, inode], target)
                continue
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with os.fdopen(os.open(target, flags, 0o755 if mode & 0o100 else 0o644), "wb") as file:
                while contents.left:
                    file.write(exactly(contents, min(PIECE, contents.left), "a member's contents"))
            if links > 1:
                linked[device, inode] = target
        else:
            raise PackageError(f"its member {text(name)} is neither a file, a directory nor a link")
    # One link may lead out by way of another.
    root = os.path.realpath(out)
    for name, target in symlinks:
        if os.path.commonpath([root, os.path.realpath(target)]) != root:
            raise PackageError(f"its member {text(name)} is a link that leads out of the SDK")


def symlink(name, link, path, target):
    if not link or b"\0" in link:
        raise PackageError(f"its member {text(name)} is a link to nowhere")
    depth = len(path) - 1
    for part in link.split(b"/"):
        depth += {b"..": -1, b".": 0, b"": 0}.get(part, 1)
        if link.startswith(b"/") or depth < 0:
            raise PackageError(f"its member {text(name)} is a link that leads out of the SDK: {text(link)}")
    os.symlink(link, target)


def extract(package, version, out):
    wanted, seen = f"MacOSX{version}.sdk".encode(), set()
    with open(package, "rb") as file:
        for open_payload in payloads(file):
            sdk, names = real_name(open_payload, wanted)
            seen |= names
            if sdk:
                write(open_payload, sdk, out)
                return
    there = ", ".join(sorted(map(text, seen))) or "none"
    raise PackageError(f"it holds no {wanted.decode()}, but {there}")


def main(arguments):
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        extract(*arguments)
    except (PackageError, OSError) as error:
        print(f"error: {arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
