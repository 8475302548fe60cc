"""What is taken out of Apple's kernel sources: python3 -m unittest discover -s checks/python"""

import importlib.util
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SCRIPT = pathlib.Path(__file__).parents[2] / "overlays/darwin/xnu-headers.py"
SPEC = importlib.util.spec_from_file_location("xnu_headers", SCRIPT)
xnu_headers = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(xnu_headers)


class Expressions(unittest.TestCase):
    def test_what_is_known_is_decided_and_the_rest_is_not(self):
        for text, expected in [
            ("KERNEL", False),
            ("!KERNEL", True),
            ("defined(KERNEL)", False),
            ("defined KERNEL_PRIVATE || defined(PRIVATE)", False),
            ("!defined(KERNEL) && !defined PRIVATE", True),
            ("defined(KERNEL) || X", None),
            ("defined(KERNEL) && X", False),
            ("!defined(KERNEL) || X > 1", None),
            ("(KERNEL || X) && !PRIVATE", None),
            ("defined(__LP64__)", None),
            ("KERNEL_SERVER", None),
            ("0", False),
            ("1 /* KERNEL */", True),
            ("KERNEL // || X", False),
            ("KERNEL >= 2", None),
            ("__has_include(<x.h>)", None),
            ("", None),
            ("((", None),
            ("KERNEL )", None),
        ]:
            with self.subTest(text):
                self.assertIs(xnu_headers.value(text), expected)


class Sections(unittest.TestCase):
    def becomes(self, text, expected):
        self.assertEqual(xnu_headers.for_programs(text, "x.h"), expected)

    def test_sections(self):
        for text, expected in [
            ("a\n#ifdef KERNEL\nb\n#endif\nc\n", "a\nc\n"),
            ("#ifdef KERNEL\nb\n#else /* not KERNEL */\nc\n#endif\n", "c\n"),
            ("#ifndef PRIVATE\nb\n#else\nc\n#endif\n", "b\n"),
            ("#ifdef X\n#ifdef KERNEL\nb\n#else\nc\n#endif\n#endif\n", "#ifdef X\nc\n#endif\n"),
            ("#ifdef KERNEL\n#ifdef X\nb\n#elif Y\n#else\n#endif\n#endif\nc\n", "c\n"),
            ("#if KERNEL\na\n#elif X\nb\n#elif PRIVATE\nc\n#else\nd\n#endif\n", "#if X\nb\n#else\nd\n#endif\n"),
            ("#if X\na\n#elif !KERNEL\nb\n#elif Y\nc\n#else\nd\n#endif\n", "#if X\na\n#else\nb\n#endif\n"),
            ("#if !KERNEL\na\n#elif X\nb\n#else\nc\n#endif\n", "a\n"),
            ("#if defined(KERNEL) || \\\n    defined(PRIVATE)\na\n#endif\nb", "b"),
            ("/*\n#ifdef KERNEL\n*/\na /* x */\n", "/*\n#ifdef KERNEL\n*/\na /* x */\n"),
            ("// /*\n#ifdef KERNEL\na\n#endif\n", "// /*\n"),
            ('char *s = "/*";\n#ifdef KERNEL\na\n#endif\n', 'char *s = "/*";\n'),
            ("  #  ifdef KERNEL\na\n  #  endif\n#define A \\\n  1\n", "#define A \\\n  1\n"),
            ("#ifdef _GUARD_\n#endif\n", "#ifdef _GUARD_\n#endif\n"),
        ]:
            with self.subTest(text):
                self.becomes(text, expected)

    def test_unbalanced_files_are_refused(self):
        for text in ["#endif\n", "#if X\n", "#else\n", "#if X\n#endif\n#endif\n"]:
            with self.subTest(text), self.assertRaises(xnu_headers.XnuError):
                xnu_headers.for_programs(text, "x.h")


class Add(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        for name in xnu_headers.HEADERS + xnu_headers.DEFINITIONS:
            top, rest = name.split("/", 1)
            place = xnu_headers.PLACES.get(top, [f"bsd/{top}"])[0]
            self.write(f"xnu/{place}/{rest}", f"xnu's {name}\n")
        self.write("sdk/usr/include/sys/types.h", "the SDK's\n")

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name):
        return (self.root / "sdk/usr/include" / name).read_text()

    def add(self):
        return xnu_headers.add(*(str(self.root / name) for name in ("xnu", "compat", "sdk")))

    def test_what_the_sdk_lacks_is_added_with_what_it_includes(self):
        self.write("xnu/bsd/sys/user.h", "#ifdef KERNEL\n#include <kern/lock.h>\n#endif\n#include <sys/queue.h>\nx\n")
        self.write("xnu/bsd/sys/queue.h", "  # include <sys/types.h>\n#include <sys/nowhere.h>\n#include <../x.h>\n")
        self.write("xnu/bsd/sys/types.h", "xnu's\n")
        self.write("xnu/bsd/sys/proc_internal.h", "not asked for\n")
        self.write("xnu/osfmk/mach/arm/more.defs", "type x = int;\n")
        self.write("xnu/osfmk/device/device.defs", "type y = int;\n")
        added = self.add()
        self.assertEqual(len(added), len(set(added)))
        self.assertEqual(self.read("sys/types.h"), "the SDK's\n")
        self.assertEqual(self.read("sys/user.h"), "#include <sys/queue.h>\nx\n")
        self.assertEqual(self.read("os/overflow.h"), "xnu's os/overflow.h\n")
        self.assertEqual(self.read("mach/mach_vm.defs"), "xnu's mach/mach_vm.defs\n")
        extra = set(added) - set(xnu_headers.HEADERS + xnu_headers.DEFINITIONS)
        self.assertEqual(extra, {"sys/queue.h", "mach/arm/more.defs", "device/device.defs"})

    def test_stand_ins_give_way_where_xnu_has_the_real_one(self):
        for name in ("sys/ev.h", "mach/mach_vm.h"):
            self.write(f"compat/{name}", "ours\n")
            self.write(f"sdk/usr/include/{name}", "ours\n")
        self.add()
        self.assertEqual((self.read("sys/ev.h"), self.read("mach/mach_vm.h")), ("xnu's sys/ev.h\n", "ours\n"))

    def test_a_release_without_what_is_needed_is_refused(self):
        (self.root / "xnu/osfmk/mach/task.defs").unlink()
        with self.assertRaisesRegex(xnu_headers.XnuError, "there is no mach/task.defs"):
            self.add()


if __name__ == "__main__":
    unittest.main()
