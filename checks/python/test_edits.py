"""checks/edits.py counts what an edit changes, and sees one that stops."""

import importlib.util
import io
import pathlib
import sys
import tarfile
import tempfile
import unittest

sys.dont_write_bytecode = True
SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "edits.py"
sys.path.insert(0, str(SCRIPT.parent))
SPEC = importlib.util.spec_from_file_location("edits", SCRIPT)
edits = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(edits)


class Edits(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = pathlib.Path(work.name)
        with tarfile.open(self.work / "source.tar", "w") as archive:
            for name, text in {"gcc-1/a.c": "one\ntwo\nthree\n", "gcc-1/testsuite/b.c": "one\n"}.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))

    def rows(self, *texts, unpack=""):
        of = edits.Edits(self.work / "source.tar", unpack)
        for index, text in enumerate(texts):
            of.add({"postPatch": text, "pname": f"node{index}", "version": "1"})
        return list(of.rows(self.work / "rows"))

    def test_each_edit_is_tried_on_the_sources_as_they_were(self):
        rows = self.rows("sed -i s/two/2/ a.c", "sed -i 's/t.*/t/' a.c", "sed -i s/four/4/ a.c")
        self.assertEqual(rows, [("node0-1", 1, ""), ("node1-1", 2, ""), ("node2-1", 0, "")])

    def test_nodes_with_the_same_edit_are_one_row(self):
        of = edits.Edits(self.work / "source.tar", "")
        for name in "first", "second", "third":
            of.add({"postPatch": "sed -i 1d a.c", "pname": name, "version": "1"})
        self.assertEqual(list(of.rows(self.work / "rows")), [("first-1 and 2 more", 1, "")])

    def test_an_edit_that_stops_says_why(self):
        rows = self.rows("grep -q four a.c", "echo 'error: a.c is not as it was' >&2; exit 1")
        self.assertEqual(rows, [("node0-1", 0, "status 1"), ("node1-1", 0, "error: a.c is not as it was")])

    def test_sources_that_cannot_be_unpacked_are_told(self):
        self.assertEqual(self.rows("true", unpack="echo no >&2; false"), [("source.tar", 0, "no")])

    def test_a_file_that_is_written_in_place_is_seen(self):
        with self.assertRaisesRegex(SystemExit, "does not replace"):
            self.rows("sleep 0.01; echo four >>a.c")

    def test_variables_are_read_from_a_derivation(self):
        text = r'Derive([("out","/nix/store/x","","")],[],["a"],"x86_64-linux","sh",["-e"],[("pname","gcc"),("postPatch","a \"b\"\n\\n\t")])'
        self.assertEqual(edits.environment(text), {"pname": "gcc", "postPatch": 'a "b"\n\\n\t'})


if __name__ == "__main__":
    unittest.main()
