"""Adds headers and interface definitions of Apple's kernel sources to an SDK: xnu-headers.py XNU COMPAT SDK.

XNU is a tree of Apple's open-source release, SDK a writable directory with usr/include, COMPAT a directory of headers
that stand in for Apple's own: where XNU has one of them, it takes that one's place. No other file of the SDK is touched.

What the kernel's own build installs for programs is what programs may see: as it does with unifdef, parts for the kernel
and for Apple's other projects are left out of every file.
"""

import os
import re
import sys

# What Valgrind's build and the Mach interface generator read, and open SDKs lack. mach/mach_vm.h is no file of xnu: its
# build generates it from mach_vm.defs.
HEADERS = """
net/bpf.h sys/dtrace.h sys/dtrace_glue.h sys/ev.h sys/kdebug.h sys/msgbuf.h sys/ptrace.h sys/user.h sys/vmparam.h
machine/vmparam.h i386/vmparam.h os/overflow.h mach/machine/ndr_def.h mach/i386/ndr_def.h
""".split()
DEFINITIONS = """
mach/std_types.defs mach/mach_types.defs mach/machine/machine_types.defs mach_debug/mach_debug_types.defs
mach/mach_vm.defs mach/task.defs mach/thread_act.defs mach/vm_map.defs
""".split()
# Every other .defs below these is added too, where there is one.
INTERFACES = ["mach", "mach_debug", "device"]

# Where a directory of usr/include comes from. All others are those of bsd/.
PLACES = {
    "mach": ["osfmk/mach", "libsyscall/mach/mach"],
    "mach_debug": ["osfmk/mach_debug"],
    "device": ["osfmk/device"],
    "os": ["libkern/os"],
    "libkern": ["libkern/libkern"],
    "machine": ["bsd/machine", "osfmk/machine"],
    "i386": ["bsd/i386", "osfmk/i386"],
    "arm": ["bsd/arm", "osfmk/arm"],
}

# Never defined where programs are compiled: those that xnu's makedefs hand to unifdef for usr/include.
UNDEFINED = {
    "KERNEL",
    "KERNEL_PRIVATE",
    "PRIVATE",
    "XNU_KERNEL_PRIVATE",
    "MACH_KERNEL_PRIVATE",
    "BSD_KERNEL_PRIVATE",
    "IOKIT_KERNEL_PRIVATE",
    "LIBKERN_KERNEL_PRIVATE",
    "LIBSA_KERNEL_PRIVATE",
    "PEXPERT_KERNEL_PRIVATE",
}


class XnuError(Exception):
    pass


TOKEN = re.compile(r"\s*(defined\b|[A-Za-z_]\w*|\d\w*|&&|\|\||[!()]|\S)")


def value(text):
    """An expression of `#if` as far as it is known: True, False, or None."""
    text = re.sub(r"\\\n|/\*(?:.|\n)*?\*/|//.*", " ", text)
    tokens = TOKEN.findall(text)
    at = 0

    def peek():
        return tokens[at] if at < len(tokens) else None

    def take():
        nonlocal at
        at += 1
        return tokens[at - 1] if at <= len(tokens) else None

    def any_of():
        left = all_of()
        while peek() == "||":
            take()
            right = all_of()
            left = True if True in (left, right) else None if None in (left, right) else False
        return left

    def all_of():
        left = one()
        while peek() == "&&":
            take()
            right = one()
            left = False if False in (left, right) else None if None in (left, right) else True
        return left

    def one():
        token = take()
        if token == "!":
            inner = one()
            return None if inner is None else not inner
        if token == "(":
            inner = any_of()
            if take() != ")":
                raise ValueError
            return inner
        if token == "defined":
            name = take()
            if name == "(":
                name = take()
                if take() != ")":
                    raise ValueError
            return False if name in UNDEFINED else None
        if token is None or not re.match(r"\w", token):
            raise ValueError
        # A call or a comparison is not read further.
        if peek() not in (None, "&&", "||", ")"):
            raise ValueError
        if token in UNDEFINED:
            return False
        return {"0": False, "1": True}.get(token)

    try:
        result = any_of()
        return result if at == len(tokens) else None
    except ValueError:
        return None


DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b(.*)", re.S)


def logical_lines(text):
    """Lines with their continuations, and whether each begins outside of a comment."""
    lines, comment = re.findall(r"(?:\\\n|[^\n])*\n|(?:\\\n|[^\n])+\Z", text), False
    for line in lines:
        yield line, not comment
        for mark in re.findall(r"/\*|\*/|//|\"(?:\\.|[^\"\\\n])*\"", line):
            if mark == "//" and not comment:
                break
            if mark in ("/*", "*/"):
                comment = mark == "/*" if not comment else mark != "*/"


def for_programs(text, name):
    """The text without the parts that no program sees."""
    out, stack, live = [], [], True
    for number, (line, outside) in enumerate(logical_lines(text), 1):
        found = DIRECTIVE.match(line) if outside else None
        if not found:
            if live:
                out.append(line)
            continue
        word, rest = found.groups()
        if word in ("if", "ifdef", "ifndef"):
            if word == "if":
                known = value(rest)
            else:
                names = rest.split()
                known = (word == "ifndef") if names and names[0] in UNDEFINED else None
            # Outer state, whether a directive of this chain was kept, and whether its last branch is found.
            stack.append([live, live and known is None, known is True])
            if live and known is None:
                out.append(line)
            live = live and known is not False
            continue
        if not stack:
            raise XnuError(f"{name}:{number}: #{word} without #if")
        outer, kept, done = stack[-1]
        if word == "endif":
            if kept:
                out.append(line)
            stack.pop()
            live = outer
        elif not outer or done:
            live = False
        elif word == "else" or (known := value(rest)) is True:
            if kept:
                out.append(line if word == "else" else "#else\n")
            stack[-1][2], live = True, True
        elif known is False:
            live = False
        else:
            out.append(line if kept else line.replace("elif", "if", 1))
            stack[-1][1], live = True, True
    if stack:
        raise XnuError(f"{name}: {len(stack)} #if without #endif")
    return "".join(out)


def find(xnu, name):
    """The file of the kernel's sources that is installed as `name`; None if there is none."""
    top, _, rest = name.partition("/")
    places = [f"{place}/{rest}" for place in PLACES.get(top, [])] or [f"bsd/{name}"]
    for place in places:
        path = os.path.join(xnu, place)
        if os.path.isfile(path):
            return path
    return None


def interfaces(xnu):
    """Every .defs that is installed, by the name that it gets."""
    for top in INTERFACES:
        for place in PLACES[top]:
            for directory, directories, files in os.walk(os.path.join(xnu, place)):
                directories.sort()
                below = os.path.relpath(directory, os.path.join(xnu, place))
                for file in sorted(files):
                    if file.endswith(".defs"):
                        yield os.path.normpath(os.path.join(top, below, file))


def add(xnu, compat, sdk):
    """Adds what the SDK lacks, and what that includes in turn; returns the names."""
    include = os.path.join(sdk, "usr/include")
    wanted = [(name, True) for name in HEADERS + DEFINITIONS]
    wanted += [(name, False) for name in interfaces(xnu)]
    added = []
    while wanted:
        name, needed = wanted.pop(0)
        target = os.path.join(include, name)
        there, ours = os.path.lexists(target), os.path.isfile(os.path.join(compat, name))
        if name in added or (there and not ours):
            continue
        source = find(xnu, name)
        if source is None:
            # What is included under a condition that no program meets is missed by nobody.
            if needed and not there:
                raise XnuError(f"{xnu}: there is no {name}\nhint: this needs a release of xnu from the last few years")
            continue
        with open(source, encoding="utf-8", errors="surrogateescape", newline="") as file:
            text = for_programs(file.read().replace("\r\n", "\n"), source)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if there:
            os.remove(target)
        with open(target, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
        added.append(name)
        included = re.findall(r"^[ \t]*#[ \t]*(?:include|import)[ \t]*<([\w./+-]+)>", text, re.M)
        wanted += [(other, False) for other in included if ".." not in other.split("/")]
    return added


def main(arguments):
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        added = add(*arguments)
    except (XnuError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{len(added)} files from xnu: {' '.join(sorted(added))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
