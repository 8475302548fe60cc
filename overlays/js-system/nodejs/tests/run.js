// Runs Node.js' own tests, whose names are in the file `list` beside this script, and turns the machine off. It prints a line
// for each test: `test passed`, `test skipped` or `test failed`, and its name. What a failed test printed comes before.
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

// Milliseconds that a test may take. An emulated processor of 32 bits looks for a large prime for many minutes.
const LIMIT = 1_800_000;
// Lines and characters of what a failed test printed.
const LINES = 25;
const CHARACTERS = 200;
// The user who runs the tests: some are meant to be refused what the first user may do.
const USER = 1000;

const names = fs.readFileSync(path.join(__dirname, "list"), "utf8").split("\n").filter(Boolean);
const counts = { passed: 0, skipped: 0, failed: 0 };

// What the test wants the program to be started with.
function flags(file) {
  const [, words = ""] = /^\/\/ Flags:\s+(--.*)$/m.exec(fs.readFileSync(file, "utf8")) ?? [];
  return words.split(/\s+/).filter(Boolean);
}

function run(name, lane) {
  return new Promise((done) => {
    const file = path.join(__dirname, name);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "test-"));
    const first = process.getuid() === 0;
    if (first) fs.chownSync(folder, USER, USER);
    const child = spawn(process.execPath, [...flags(file), file], {
      // Some name files as the source tree has them: `./test/fixtures`.
      cwd: path.dirname(__dirname),
      env: { ...process.env, HOME: folder, NODE_TEST_DIR: folder, TEST_THREAD_ID: String(lane) },
      stdio: ["ignore", "pipe", "pipe"],
      // With a group of its own, all of it can be ended.
      detached: true,
      ...(first && { uid: USER, gid: USER }),
    });
    let said = "";
    const hear = (text) => (said = (said + text).slice(-65536));
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    let slow = false;
    const end = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // All of them have ended.
      }
    };
    const timer = setTimeout(() => ((slow = true), end()), LIMIT);
    child.on("error", (error) => hear(`${error.message}\n`));
    // A process that the test left behind may hold its output open, so this does not wait for that to end.
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      setImmediate(() => {
        end();
        fs.rmSync(folder, { recursive: true, force: true });
        const skipped = /^1\.\.0 # Skipped: (.*)/m.exec(said);
        const verdict = code !== 0 ? "failed" : skipped ? "skipped" : "passed";
        counts[verdict]++;
        if (verdict === "failed") {
          const lines = said.trimEnd().split("\n").slice(-LINES);
          for (const line of lines) console.log(`| ${line.slice(0, CHARACTERS)}`);
          console.log(slow ? `| it had not ended after ${LIMIT / 1000} s` : `| status ${code ?? signal}`);
        }
        console.log(`test ${verdict} ${name}${verdict === "skipped" ? `: ${skipped[1]}` : ""}`);
        done();
      });
    });
  });
}

// A test at a time for each processor.
async function lane(number) {
  for (let name; (name = names.shift());) await run(name, number);
}

Promise.all(os.cpus().map((_, number) => lane(number))).then(() => {
  console.log(`tests: ${counts.passed} passed, ${counts.skipped} skipped, ${counts.failed} failed`);
  // The first process turns the machine off.
  if (process.ppid === 1) process.kill(1, "SIGTERM");
});
