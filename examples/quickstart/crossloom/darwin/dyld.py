"""Resolves what macOS' dynamic linker would: dyld.py [--list] [--sdk SDK] [--library FILE]... FILE...

dyld does not read the symbol table. It reads a file's binding opcodes or chained fixups, which give the number of a
library for each name. This program reads the same tables, follows the libraries that a library passes on, and looks
every name up in the stubs (`.tbd`) of an SDK and in the libraries that are given. It shares no code with static-macho,
nor with the linker that wrote the file, so that it can disagree with both.

A line for each file says how many symbols come from which library. --list prints each symbol instead: FILE, processor,
library and symbol, separated by tabs. Findings go to stderr. It exits 1 after a finding, and 2 if a file can't be read.
"""

import collections
import pathlib
import re
import struct
import sys

X86_64, ARM64 = 0x01000007, 0x0100000C
CPUS = {X86_64: "x86_64", ARM64: "arm64"}
EXECUTE, DYLIB, BUNDLE = 2, 6, 8
TWO_LEVEL = 0x80
MAGIC_64, FAT, FAT_64 = 0xFEEDFACF, 0xCAFEBABE, 0xCAFEBABF
ID_DYLIB, LOAD_DYLINKER, SYMTAB = 0xD, 0xE, 0x2
LOAD_WEAK_DYLIB, REEXPORT_DYLIB = 0x80000018, 0x8000001F
# The commands that give a library the next number: it is loaded always, lazily, weakly, upward, or to be passed on.
LOADS = {0xC, 0x20, LOAD_WEAK_DYLIB, REEXPORT_DYLIB, 0x80000023}
DYLD_INFO = {0x22, 0x80000022}
CHAINED_FIXUPS, EXPORTS_TRIE = 0x80000034, 0x80000033
# Numbers that are not a library's.
ITSELF, EXECUTABLE, FLAT, WEAK = 0, -1, -2, -3
WEAK_IMPORT, WEAK_REFERENCE, NON_WEAK_DEFINITION = 0x1, 0x40, 0x8


class Malformed(Exception):
    """A file that can't be read."""


Bind = collections.namedtuple("Bind", "ordinal name may_be_missing")
Library = collections.namedtuple("Library", "name compatibility may_be_missing reexported")
# What a library has for others: names, libraries that it passes on, and its compatibility version.
Exports = collections.namedtuple("Exports", "names reexported compatibility")


def text_at(data, offset):
    """The string that begins there and ends with a zero byte."""
    end = data.find(b"\0", offset)
    if not 0 <= offset < len(data) or end < 0:
        raise Malformed(f"a name at {offset:#x} is outside of its table")
    return data[offset:end].decode("utf-8", "replace")


def piece(data, offset, size):
    """A part of the file."""
    if offset + size > len(data):
        raise Malformed(f"{size:#x} bytes at {offset:#x} are outside of the file")
    return data[offset : offset + size]


def uleb(data, at):
    """An unsigned number of variable length, and where it ends."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Malformed("a number of variable length does not end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


class Image:
    """One Mach-O file for one processor, as dyld reads it."""

    def __init__(self, data):
        try:
            self.read(data)
        except struct.error as error:
            raise Malformed(f"a table is cut off ({error})") from error

    def read(self, data):
        """Reads header and commands."""
        magic, cpu, _, self.kind, count, size, self.flags, _ = struct.unpack_from("<8I", data)
        if magic != MAGIC_64 or cpu not in CPUS:
            raise Malformed("this is not Mach-O for x86_64 or arm64")
        if self.kind not in (EXECUTE, DYLIB, BUNDLE):
            raise Malformed(f"dyld loads no file of the type {self.kind}")
        self.cpu = CPUS[cpu]
        self.install_name = self.dylinker = None
        self.libraries, self.binds, self.exported, self.undefined = [], [], {}, []
        self.bound = False
        at = 32
        for _ in range(count):
            command, length = struct.unpack_from("<2I", data, at)
            if length < 8 or at + length > 32 + size:
                raise Malformed("a load command is outside of their table")
            self.command(data, command, piece(data, at, length))
            at += length

    def command(self, data, command, body):
        """Takes one load command."""
        if command in LOADS or command == ID_DYLIB:
            name_at, _, _, compatibility = struct.unpack_from("<4I", body, 8)
            name = text_at(body + b"\0", name_at)
            if command == ID_DYLIB:
                self.install_name = name
            else:
                weak, passed_on = command == LOAD_WEAK_DYLIB, command == REEXPORT_DYLIB
                self.libraries.append(Library(name, compatibility, weak, passed_on))
        elif command == LOAD_DYLINKER:
            self.dylinker = text_at(body + b"\0", struct.unpack_from("<I", body, 8)[0])
        elif command in DYLD_INFO:
            self.bound = True
            parts = struct.unpack_from("<10I", body, 8)
            for index, kind in ((2, "bind"), (4, "weak"), (6, "lazy")):
                self.opcodes(piece(data, parts[index], parts[index + 1]), kind)
            self.trie(piece(data, parts[8], parts[9]))
        elif command == CHAINED_FIXUPS:
            self.bound = True
            self.fixups(piece(data, *struct.unpack_from("<2I", body, 8)))
        elif command == EXPORTS_TRIE:
            self.trie(piece(data, *struct.unpack_from("<2I", body, 8)))
        elif command == SYMTAB:
            self.symbols(data, *struct.unpack_from("<4I", body, 8))

    def opcodes(self, data, kind):
        """The binding opcodes of LC_DYLD_INFO. Weak ones have no library."""
        at, ordinal, name, flags = 0, WEAK if kind == "weak" else ITSELF, "", 0
        while at < len(data):
            opcode, low = data[at] & 0xF0, data[at] & 0x0F
            at += 1
            if opcode == 0x00:  # Done; in the lazy ones it only ends an entry.
                if kind != "lazy":
                    break
            elif opcode == 0x10:
                ordinal = low
            elif opcode == 0x20:
                ordinal, at = uleb(data, at)
            elif opcode == 0x30:
                ordinal = low - 16 if low else ITSELF
            elif opcode == 0x40:
                name, flags = text_at(data, at), low
                at = data.index(b"\0", at) + 1
                # In the weak ones this says that the file itself has the definition that all use.
                if kind == "weak" and flags & NON_WEAK_DEFINITION:
                    self.binds.append(Bind(WEAK, name, False))
            elif opcode in (0x60, 0x70, 0x80):  # An addend, a place, and a step: none of them names anything.
                _, at = uleb(data, at)
            elif opcode in (0x50, 0x90, 0xA0, 0xB0, 0xC0):
                if opcode == 0xA0:
                    _, at = uleb(data, at)
                elif opcode == 0xC0:
                    _, at = uleb(data, at)
                    _, at = uleb(data, at)
                if opcode != 0x50:
                    self.binds.append(Bind(ordinal, name, bool(flags & WEAK_IMPORT)))
            else:
                raise Malformed(f"binding opcode {opcode:#x} is not read here")

    def fixups(self, data):
        """The imports of LC_DYLD_CHAINED_FIXUPS."""
        _, _, imports, symbols, count, form, compressed = struct.unpack_from("<7I", data)
        if compressed or form not in (1, 2, 3):
            raise Malformed(f"chained fixups of format {form}, compression {compressed}, are not read here")
        names = data[symbols:]
        for index in range(count):
            if form == 3:
                (word,) = struct.unpack_from("<Q", data, imports + 16 * index)
                ordinal, weak, name = word & 0xFFFF, word >> 16 & 1, word >> 32
                ordinal -= 0x10000 if ordinal > 0xFFF0 else 0
            else:
                (word,) = struct.unpack_from("<I", data, imports + (4, 8)[form - 1] * index)
                ordinal, weak, name = word & 0xFF, word >> 8 & 1, word >> 9
                ordinal -= 0x100 if ordinal > 0xF0 else 0
            self.binds.append(Bind(ordinal, text_at(names, name), bool(weak)))

    def trie(self, data):
        """What the file itself exports."""
        todo, seen = [(0, "")] if data else [], set()
        while todo:
            node, prefix = todo.pop()
            if node in seen:
                raise Malformed("the exports lead in a circle")
            seen.add(node)
            size, at = uleb(data, node)
            if size:
                flags, _ = uleb(data, at)
                self.exported[prefix] = flags
            at += size
            if at >= len(data):
                raise Malformed("the exports are cut off")
            count, at = data[at], at + 1
            for _ in range(count):
                edge = text_at(data, at)
                at = data.index(b"\0", at) + 1
                child, at = uleb(data, at)
                todo.append((child, prefix + edge))

    def symbols(self, data, at, count, strings, size):
        """The undefined names of the symbol table, which other programs read."""
        names = piece(data, strings, size)
        for index in range(count):
            name, kind, _, description, value = struct.unpack_from("<IBBHQ", data, at + 16 * index)
            if kind & 0xE0 or kind & 0x0E or not kind & 1 or value:
                continue
            ordinal = description >> 8
            ordinal = {255: EXECUTABLE, 254: FLAT}.get(ordinal, ordinal)
            self.undefined.append(Bind(ordinal, text_at(names, name), bool(description & WEAK_REFERENCE)))


def images(data):
    """The Mach-O files in a file: one, or those of a universal one."""
    magic, count = struct.unpack(">2I", piece(data, 0, 8))
    if magic not in (FAT, FAT_64):
        return [Image(data)]
    form, step = (">5I", 20) if magic == FAT else (">2I2Q2I", 32)
    if not 0 < count <= 64:
        raise Malformed(f"a universal file of {count} parts")
    parts = [struct.unpack_from(form, piece(data, 8 + step * index, step)) for index in range(count)]
    return [Image(piece(data, part[2], part[3])) for part in parts]


def parts(path):
    """The same of a file; an error names it."""
    try:
        return images(path.read_bytes())
    except Malformed as error:
        raise Malformed(f"{path}: {error}") from error


def version(words):
    """`1.2.3` as Mach-O holds it."""
    major, minor, patch = ([int(word) for word in words.split(".")] + [0, 0])[:3]
    return major << 16 | minor << 8 | patch


PREFIXES = {
    "objc-classes": ("_OBJC_CLASS_$_", "_OBJC_METACLASS_$_"),
    "objc-eh-types": ("_OBJC_EHTYPE_$_",),
    "objc-ivars": ("_OBJC_IVAR_$_",),
}
NAMES = {"symbols", "weak-symbols", "weak-def-symbols", "thread-local-symbols", *PREFIXES}
# A key at the beginning of a line is one of the library. Within a section, `- ` begins a group of targets.
ENTRY = re.compile(r"^([ -]*)([a-z][a-z-]*):[ \t]*(\[[^\]]*\]|[^\n\[]*)", re.MULTILINE)


def flow(text):
    """The items of `[ a, 'b' ]`."""
    return [item.strip().strip("'\"") for item in text.strip("[]").split(",") if item.strip()]


def stubs(text, cpu):
    """The libraries of a stub, by install name, as a processor sees them."""
    found = {}
    for document in re.split(r"^---", text, flags=re.MULTILINE)[1:]:
        tag = document.split("\n", 1)[0].split()
        if tag not in ([], ["!tapi-tbd"], ["!tapi-tbd-v2"], ["!tapi-tbd-v3"]):
            raise Malformed(f"a stub with the tag {tag} is not read here")
        older = tag in ([], ["!tapi-tbd-v2"])
        name, compatibility, names, reexported = None, version("1"), set(), set()
        section, meant = "", False
        for indent, key, value in ENTRY.findall(document):
            if not indent:
                section, value = key, value.strip().strip("'\"")
                if key == "install-name":
                    name = value
                elif key == "compatibility-version":
                    compatibility = version(value)
                elif key == "tbd-version" and value != "4":
                    raise Malformed(f"a stub of version {value} is not read here")
            elif section in ("exports", "reexports", "reexported-libraries"):
                if key == "targets":
                    meant = f"{cpu}-macos" in flow(value)
                elif key == "archs":
                    meant = cpu in flow(value)
                elif not meant:
                    continue
                elif key in ("libraries", "re-exports"):
                    reexported.update(flow(value))
                elif key in NAMES:
                    for prefix in PREFIXES.get(key, ("",)):
                        # Before version 3 classes have the underscore of C's names.
                        names.update(
                            prefix + (item.removeprefix("_") if older and prefix else item) for item in flow(value)
                        )
        if not name:
            raise Malformed("a stub has no install-name")
        found[name] = Exports(names, reexported, compatibility)
    if not found:
        raise Malformed("there is no stub in the file")
    return found


class Libraries:
    """The libraries that dyld would find: those of an SDK, and given ones before them."""

    def __init__(self, sdk, given):
        self.sdk, self.given, self.known = sdk, {}, {}
        for path in given:
            for image in parts(path):
                if image.kind != DYLIB or image.install_name is None:
                    raise Malformed(f"{path}: this is not a library")
                reexported = {library.name for library in image.libraries if library.reexported}
                exports = Exports(set(image.exported), reexported, 0xFFFFFFFF)
                self.given[image.install_name, image.cpu] = exports

    def places(self, name):
        """Where an SDK may have the stub of an install name, which can be that without its version."""
        stem = name.removesuffix(".dylib").lstrip("/")
        folder, _, base = stem.rpartition("/")
        return [self.sdk / f"{stem}.tbd", self.sdk / folder / f"{base.split('.')[0]}.tbd"]

    def own(self, name, cpu, beside):
        """What a library itself has, and the stubs that stand beside its own."""
        if (name, cpu) in self.given:
            return self.given[name, cpu], {}
        if name in beside:
            return beside[name], beside
        if self.sdk is None or not name.startswith("/") or ".." in name.split("/"):
            return None, {}
        for path in self.places(name):
            if path.is_file():
                try:
                    found = stubs(path.read_text(), cpu)
                except (Malformed, ValueError, IndexError) as error:
                    raise Malformed(f"{path}: {error}") from error
                if name in found:
                    return found[name], found
        return None, {}

    def exports(self, name, cpu):
        """What a library has for others, with what it passes on; nothing if there is no such library."""
        if (name, cpu) not in self.known:
            self.known[name, cpu] = self.collect(name, cpu)
        return self.known[name, cpu]

    def collect(self, name, cpu):
        """The same, read."""
        first, beside = self.own(name, cpu, {})
        if first is None:
            return None
        names, todo, seen = set(first.names), [(each, beside) for each in first.reexported], {name}
        while todo:
            each, beside = todo.pop()
            if each in seen:
                continue
            seen.add(each)
            found, beside = self.own(each, cpu, beside)
            if found is not None:
                names |= found.names
                todo += [(further, beside) for further in found.reexported]
        return Exports(names, set(), first.compatibility)


def resolve(image, libraries):
    """What dyld would find: symbols by library, and what is wrong."""
    findings, found = [], {}
    if image.kind == EXECUTE and image.dylinker != "/usr/lib/dyld":
        findings.append(f"the program's dynamic linker is {image.dylinker}")
    if not image.flags & TWO_LEVEL:
        findings.append("its names are looked up anywhere: it does not use the two-level namespace")
    exports = []
    for library in image.libraries:
        found.setdefault(library.name, set())
        there = libraries.exports(library.name, image.cpu)
        if there is None and not library.may_be_missing:
            findings.append(f"there is no library {library.name}")
        elif there is not None and library.compatibility > there.compatibility:
            findings.append(f"it needs a newer {library.name} than there is")
        exports.append(there)
    if not image.bound and image.undefined:
        findings.append("there are neither binding opcodes nor chained fixups")
    for bind in sorted(set(image.binds)):
        findings += one(image, bind, exports, libraries, found)
    # What other programs read must not say something else.
    said = {(bind.ordinal, bind.name) for bind in image.undefined}
    for bind in sorted(set(image.binds)):
        if bind.ordinal > 0 and image.undefined and (bind.ordinal, bind.name) not in said:
            findings.append(f"the symbol table does not say that {bind.name} is of library {bind.ordinal}")
    return found, findings


def one(image, bind, exports, libraries, found):
    """Looks one name up; findings."""
    ordinal, name, may_be_missing = bind
    if ordinal > len(exports) or ordinal < WEAK:
        return [f"symbol {name} is of library {ordinal}, and there are {len(exports)}"]
    if ordinal > 0:
        library = image.libraries[ordinal - 1]
        there = exports[ordinal - 1]
        if there is not None and name in there.names:
            found[library.name].add(name)
        elif not (may_be_missing or library.may_be_missing) and there is not None:
            return [f"symbol {name} is not in {library.name}"]
        return []
    if ordinal == ITSELF or (ordinal == EXECUTABLE and image.kind == EXECUTE):
        return [] if name in image.exported else [f"symbol {name} is said to be its own, and it does not export it"]
    if ordinal == EXECUTABLE:
        # A bundle is loaded by the program that has the name; nothing else may count on it.
        return [] if image.kind == BUNDLE else [f"symbol {name} is said to be the program's that loads this"]
    # Found wherever an image has it: in its own exports, or in a library that it names.
    for library, there in zip(image.libraries, exports, strict=True):
        if there is not None and name in there.names:
            found[library.name].add(name)
            return []
    if name in image.exported or may_be_missing:
        return []
    return [f"symbol {name} is looked up anywhere, and neither this nor a library that it names has it"]


def main(arguments):
    """Reads all files, and says what dyld would find."""
    sdk, given, files, listing = None, [], [], False
    arguments = iter(arguments)
    for argument in arguments:
        if argument == "--list":
            listing = True
        elif argument in ("--sdk", "--library"):
            value = next(arguments, None)
            if value is None:
                print(f"error: {argument} needs a value", file=sys.stderr)
                return 2
            sdk, given = (pathlib.Path(value), given) if argument == "--sdk" else (sdk, [*given, pathlib.Path(value)])
        else:
            files.append(argument)
    if not files or (sdk is not None and not (sdk / "usr/lib").is_dir()):
        print(f"error: no file is given, or the SDK has no usr/lib\n{__doc__}", file=sys.stderr)
        return 2
    code = 0
    try:
        libraries = Libraries(sdk, given)
        for path in files:
            for image in parts(pathlib.Path(path)):
                found, findings = resolve(image, libraries)
                for finding in findings:
                    print(f"bad  {path}  {image.cpu}: {finding}", file=sys.stderr)
                    code = 1
                if listing:
                    for library, names in found.items():
                        for name in sorted(names):
                            print(path, image.cpu, library, name, sep="\t")
                elif not findings:
                    counts = ", ".join(f"{len(names)} of {library}" for library, names in found.items())
                    total = sum(len(names) for names in found.values())
                    print(f"ok   {path}  {image.cpu}  dyld finds {total} symbols: {counts}")
    except (Malformed, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
