#!/bin/node
// The first process under Node.js: its ways, for /lib/system/first-process.mjs, which says what each is.
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const system = process._linkedBinding("system");

const NODE = "/bin/node";
// The process that is the parent of the kernel's own.
const KERNEL = 2;

// On a machine without a console, writing to it fails.
const print = (text) => {
  try {
    fs.writeSync(2, text);
  } catch {
    // Nobody reads it.
  }
};
const explain = (error) => (error instanceof Error ? (error.stack ?? error.message) : String(error));
const list = (path) => (fs.existsSync(path) ? fs.readdirSync(path).sort() : []);

// Those that Node.js itself waits for.
const processes = new Set();

const machine = {
  program: NODE,
  console: [NODE, "/lib/system/console.js"],
  user: (id, home) => ({ argv: [NODE, `${home}/init.js`], options: { uid: id, gid: id } }),
  print,
  explain,

  list,
  exists: fs.existsSync,
  read: (path) => (fs.existsSync(path) ? fs.readFileSync(path, "utf8") : ""),
  owner: (path) => (fs.existsSync(path) ? fs.statSync(path).uid : 0),
  isFolder: (path) => fs.lstatSync(path).isDirectory(),
  write: fs.writeFileSync,
  append: fs.appendFileSync,
  makeFolder: fs.mkdirSync,
  link: fs.symlinkSync,
  chown: (path, id) => fs.lchownSync(path, id, id),

  mount: system.mount,
  umount: system.umount,
  setHostName: system.setHostName,
  interfaceUp: system.interfaceUp,
  reboot: system.reboot,

  environment: () => process.env,
  seconds: process.uptime,
  after: (seconds, call) => setTimeout(call, seconds * 1000),
  cancel: clearTimeout,
  every: (seconds, call) => setInterval(call, seconds * 1000),
  onSignal: (name, call) => process.on(name, call),
  spawn(argv, options, ended) {
    const child = spawn(argv[0], argv.slice(1), { stdio: "inherit", ...options });
    const done = (code, signal) => {
      processes.delete(child.pid);
      ended({ code, signal });
    };
    child.on("error", (error) => {
      print(`init: ${argv[0]} could not be started: ${error.message}\n`);
      if (child.pid === undefined) done(127, null);
    });
    child.on("exit", done);
    if (child.pid !== undefined) processes.add(child.pid);
    return child.pid;
  },
  reap(adopted) {
    for (;;) {
      const pid = system.ended();
      // One of our own: Node.js takes it.
      if (pid === 0 || processes.has(pid)) return;
      const status = system.reap(pid);
      adopted(pid, { code: (status >> 8) & 0xff, signal: status & 0x7f });
    }
  },
  isBusy() {
    return list("/proc").some((name) => {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid === process.pid || pid === KERNEL) return false;
      try {
        // After the name in parentheses, which may hold anything, come the state and the parent.
        const parent = fs.readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\)/s, "").trim().split(" ")[1];
        return Number(parent) !== KERNEL;
      } catch {
        // It is gone.
        return false;
      }
    });
  },
  kill(name) {
    try {
      process.kill(-1, name);
    } catch {
      // There is no other process.
    }
  },
};

// Whatever is thrown must not end this process, nor that there is nothing left to do.
process.on("uncaughtException", (error) => print(`init: a defect of /init: ${explain(error)}\n`));
setInterval(() => {}, 2 ** 30);
import("/lib/system/first-process.mjs").then(({ begin }) => begin(machine));
