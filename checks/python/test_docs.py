"""checks/docs.sh runs what pages say, and sees what fails."""

import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "docs.sh"


class Docs(unittest.TestCase):
    def check(self, page):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            program = folder / "program"
            program.write_text("#!/bin/sh\necho said $*\n")
            program.chmod(0o755)
            (folder / "page.md").write_text(page)
            done = subprocess.run([SCRIPT, program, folder / "page.md"], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

    def test_blocks_run_in_order_and_in_one_folder(self):
        page = "```sh\nmkdir a && cd a\n```\ntext\n\n- list:\n\n  ```sh\n  crossloom one | tee ../b\n  [ -d ../a ]\n  ```\n"
        page += "\n<!-- output -->\n```text\nsaid   one\n```\n"
        self.assertEqual(self.check(page)[0], 0)

    def test_a_reason_keeps_a_block_from_running(self):
        code, said = self.check("```sh\ntrue\n```\n\n<!-- not run: it takes hours -->\n```sh\nfalse\n```\n")
        self.assertEqual(code, 0, said)
        self.assertIn("block 2: it takes hours", said)
        self.assertIn("1 blocks run, 0 failed, 1 not run", said)

    def test_failures_are_seen(self):
        for wrong in [
            "```sh\nfalse\n```\n",
            "```sh\nfalse\ntrue\n```\n",
            "```sh\nfalse && true\ntrue\n```\n",
            "```sh\nfalse | cat\n```\n",
            "```sh\n$nothing\n```\n",
            "```sh\ncrossloom one\n```\n<!-- output -->\n```text\nsaid two\n```\n",
            "```sh\ntrue\n```\n<!-- not run: it is not above a block -->\n```text\nfalse\n```\n",
            "```sh\ntrue\n```\n```bash\nfalse\n```\n",
            "```sh\ntrue\n",
            # A reason counts for the block that follows alone.
            "<!-- not run: slow -->\n```sh\nfalse\n```\n```sh\nfalse\n```\n",
            "<!-- not run: nothing is -->\n```sh\nfalse\n```\n",
            "no block\n",
        ]:
            code, said = self.check(wrong)
            self.assertNotEqual(code, 0, f"{wrong}\n{said}")


if __name__ == "__main__":
    unittest.main()
