#!/bin/node
// The first process. It mounts the kernel's file systems, starts the system's scripts, adopts and reaps processes, and turns
// the machine off. It must not end: the kernel would panic.
"use strict";
const { spawn: start } = require("node:child_process");
const fs = require("node:fs");
const system = process._linkedBinding("system");

const NODE = "/bin/node";
const MAIN = "/app/main.js";
const HOME = "/home";
const CTRL_ALT_DEL = "/proc/sys/kernel/ctrl-alt-del";
// Seconds: a script that ran for less did not start; the longest pause before it is started again.
const STARTED = 10;
const LONGEST_PAUSE = 30;
// The number of the first user.
const FIRST_USER = 1000;
// Ends of the kernel command line's words `system.NAME=VALUE`.
const DEFAULTS = {
  // The console's program: `repl` or `none`.
  console: "repl",
  // A block device with an ext4 file system that holds the users' folders.
  home: "",
  // The machine's name, in the place of the one in /etc/hostname.
  hostname: "",
  // The main script: a path, or `none`.
  main: MAIN,
  // Whether the main script is started again: `always`, `on-failure` or `never`.
  restart: "always",
  // How often in a row the main script and scripts of users may fail.
  failures: "5",
  // Whether each process that ends is reported: `yes` or `no`.
  verbose: "no",
};
const CHOICES = {
  console: ["repl", "none"],
  restart: ["always", "on-failure", "never"],
  verbose: ["yes", "no"],
};

function say(text) {
  fs.writeSync(2, `init: ${text}\n`);
}

// What an error says, for a person: the message, then where.
function explain(error) {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Runs one step of the start. The system starts without it where it fails, and the console says so.
function attempt(what, step) {
  try {
    return step();
  } catch (error) {
    say(`${what} failed: ${explain(error)}`);
    return undefined;
  }
}

function list(path) {
  return fs.existsSync(path) ? fs.readdirSync(path).sort() : [];
}

function read(path) {
  return fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "";
}

// Names that programs open for what a process has open. The kernel makes none.
const DEVICES = {
  "/dev/fd": "/proc/self/fd",
  "/dev/stdin": "/proc/self/fd/0",
  "/dev/stdout": "/proc/self/fd/1",
  "/dev/stderr": "/proc/self/fd/2",
};

function mountAll() {
  const mounts = [
    ["proc", "/proc", "proc", ""],
    ["sysfs", "/sys", "sysfs", ""],
    ["devtmpfs", "/dev", "devtmpfs", "mode=0755"],
    ["tmpfs", "/tmp", "tmpfs", "mode=1777"],
    ["tmpfs", "/run", "tmpfs", "mode=0755"],
  ];
  for (const [source, target, type, data] of mounts) {
    attempt(`mounting ${target}`, () => system.mount(source, target, type, data));
  }
  for (const [path, target] of Object.entries(DEVICES)) attempt(`linking ${path}`, () => fs.symlinkSync(target, path));
}

// The words of the kernel command line that are meant for this program.
function settings() {
  const settings = { ...DEFAULTS };
  for (const word of read("/proc/cmdline").split(/\s+/)) {
    const [, name, value] = /^system\.([^=]*)=?(.*)$/.exec(word) ?? [];
    if (name === undefined) continue;
    const known = Object.hasOwn(DEFAULTS, name);
    if (!known) {
      say(`the kernel command line has system.${name}, which means nothing; known: ${Object.keys(DEFAULTS).join(", ")}`);
    } else if (CHOICES[name] && !CHOICES[name].includes(value)) {
      say(`the kernel command line has ${word}, but system.${name} is one of: ${CHOICES[name].join(", ")}`);
    } else if (name === "failures" && !/^[1-9][0-9]{0,5}$/.test(value)) {
      say(`the kernel command line has ${word}, but system.failures is a number from 1`);
    } else {
      settings[name] = value;
    }
  }
  return settings;
}

// ---- Processes

// By process: what to do when it ends. Node.js itself waits for these.
const processes = new Map();
let ending = false;

// Words NAME=VALUE of the kernel command line that the kernel has no use for are in this process' own environment.
function environment(more) {
  return { ...process.env, PATH: "/bin", HOME: "/root", USER: "root", TERM: "vt100", LANG: "C.UTF-8", ...more };
}

// Starts a program; `ended` gets its exit status, or its signal.
function spawn(argv, options, ended) {
  const child = start(argv[0], argv.slice(1), { stdio: "inherit", env: environment(), ...options });
  const done = (code, signal) => {
    if (child.pid !== undefined) {
      processes.delete(child.pid);
      if (config.verbose === "yes") say(`process ${child.pid} ended ${outcome(code, signal).words}`);
    }
    if (!ending) ended(code, signal);
  };
  child.on("error", (error) => {
    say(`${argv[0]} could not be started: ${error.message}`);
    if (child.pid === undefined) done(127, null);
  });
  child.on("exit", done);
  if (child.pid !== undefined) processes.set(child.pid, child);
}

// The end of a process in words, and whether it means success.
function outcome(code, signal) {
  if (signal) return { success: false, words: `by signal ${signal}` };
  return { success: code === 0, words: `with status ${code}` };
}

// Takes the statuses of processes whose parents ended before them.
function reap() {
  for (;;) {
    const pid = system.ended();
    // One of our own: Node.js takes it.
    if (pid === 0 || processes.has(pid)) return;
    const status = system.reap(pid);
    if (config.verbose === "yes") {
      const signal = status & 0x7f;
      say(`process ${pid} ended ${outcome((status >> 8) & 0xff, signal).words}; its parent had ended before it`);
    }
  }
}

// Keeps a script running. `restart` says when it is started again: at once after a long run, later and later after short ones.
function keep({ name, argv, restart, failures = Infinity, options = {}, quiet = false }) {
  let short = 0;
  const again = () => {
    const began = Date.now();
    attempt(`starting ${name}`, () => {
      spawn(argv, options, (code, signal) => {
        const { success, words } = outcome(code, signal);
        const seconds = (Date.now() - began) / 1000;
        short = seconds < STARTED ? short + 1 : 0;
        const ran = `${name} ended ${words} after ${seconds.toFixed(1)} s`;
        const hint = success ? "" : `; what it printed is above`;
        if (restart === "never" || (restart === "on-failure" && success)) {
          say(`${ran}${hint}. It is not started again (system.restart=${restart}).`);
        } else if (short >= failures) {
          say(`${ran}${hint}. It ended ${short} times in a row right after its start, and is not started again.`);
        } else {
          const pause = short === 0 || (quiet && success) ? 0 : Math.min(2 ** Math.max(short - 1, 0), LONGEST_PAUSE);
          if (!quiet || !success) say(`${ran}${hint}. It is started again in ${pause} s.`);
          setTimeout(() => ending || again(), pause * 1000);
        }
      });
    });
  };
  again();
}

// Runs a script to its end.
async function run(script) {
  const late = setTimeout(() => say(`${script} has not ended after ${STARTED} s; the start waits for it`), STARTED * 1000);
  const ended = await new Promise((done) => spawn([NODE, script], { cwd: "/" }, (code, signal) => done(outcome(code, signal))));
  clearTimeout(late);
  return ended;
}

// ---- The end

const ENDS = { poweroff: "powering off", restart: "restarting", halt: "halting" };

function kill(signal) {
  try {
    // Everything but this process.
    process.kill(-1, signal);
  } catch {
    // There is no other process.
  }
}

// The process that is the parent of the kernel's own.
const KERNEL = 2;

// Whether a process is left beside this one and the kernel's own.
function isBusy() {
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
}

// Waits until no process is left, but not for longer than some seconds.
async function allEnded(seconds) {
  for (let tries = 0; tries < seconds * 10 && isBusy(); tries++) {
    await new Promise((done) => setTimeout(done, 100));
    reap();
  }
}

async function end(how) {
  if (ending) return;
  ending = true;
  say(ENDS[how]);
  kill("SIGTERM");
  await allEnded(3);
  kill("SIGKILL");
  // A file system in use cannot be unmounted.
  await allEnded(2);
  if (config.home !== "") attempt(`unmounting ${HOME}`, () => system.umount(HOME));
  system.reboot(how);
}

// ---- Users

// The users: the folders in /home with a script. Each has a number, which is the owner of its folder; where that is root,
// the next one that is free, in the order of names.
function users() {
  const all = list(HOME)
    .filter((name) => fs.existsSync(`${HOME}/${name}/init.js`))
    .map((name) => ({ name, id: fs.statSync(`${HOME}/${name}`).uid }));
  const taken = new Set(all.map(({ id }) => id));
  for (const user of all) {
    user.isNew = user.id === 0;
    if (!user.isNew) continue;
    user.id = FIRST_USER;
    while (taken.has(user.id)) user.id++;
    taken.add(user.id);
  }
  return all;
}

// Mounts the disk with the users' folders. Those of the system are out of sight then.
function mountHome() {
  const before = users();
  if (attempt(`mounting ${config.home} on ${HOME}`, () => system.mount(config.home, HOME, "ext4") ?? true) === undefined) {
    config.home = "";
    return;
  }
  for (const { name } of before) {
    if (!fs.existsSync(`${HOME}/${name}`)) {
      say(`${config.home} has no folder of the user ${name}, who is part of the system and not started`);
    }
  }
}

function give(path, id) {
  fs.lchownSync(path, id, id);
  if (fs.lstatSync(path).isDirectory()) for (const name of list(path)) give(`${path}/${name}`, id);
}

function startUsers() {
  for (const { name, id, isNew } of users()) {
    const home = `${HOME}/${name}`;
    attempt(`adding ${name} to /etc/passwd`, () => {
      fs.appendFileSync("/etc/passwd", `${name}:x:${id}:${id}::${home}:${NODE}\n`);
      fs.appendFileSync("/etc/group", `${name}:x:${id}:\n`);
    });
    if (isNew) attempt(`giving ${home} to its user`, () => give(home, id));
    keep({
      name: `${home}/init.js`,
      argv: [NODE, `${home}/init.js`],
      options: { cwd: home, uid: id, gid: id, env: environment({ HOME: home, USER: name }) },
      restart: config.restart,
      failures: Number(config.failures),
    });
  }
}

// ---- The start

let config = { ...DEFAULTS };

async function begin() {
  mountAll();
  config = attempt("reading the kernel command line", settings) ?? config;

  process.on("SIGCHLD", reap);
  // A signal that comes while this process is about to sleep wakes it only at the next event.
  setInterval(reap, 1000);
  process.on("SIGTERM", () => end("poweroff"));
  process.on("SIGUSR2", () => end("poweroff"));
  process.on("SIGUSR1", () => end("halt"));
  // The kernel sends it for Ctrl-Alt-Del, if it is told not to restart by itself.
  if (fs.existsSync(CTRL_ALT_DEL)) attempt("asking for Ctrl-Alt-Del", () => fs.writeFileSync(CTRL_ALT_DEL, "0"));
  process.on("SIGINT", () => end("restart"));

  const hostname = config.hostname || read("/etc/hostname").trim();
  if (hostname !== "") attempt("setting the host name", () => system.setHostName(hostname));
  attempt("starting the network interface lo", () => system.interfaceUp("lo"));
  if (config.home !== "") mountHome();

  // The console comes first: with it, a person can look at what fails later.
  if (config.console === "repl") {
    // It finds the packages of the system from there.
    const options = { cwd: fs.existsSync("/app") ? "/app" : "/" };
    keep({ name: "the console", argv: [NODE, "/lib/system/console.js"], restart: "always", options, quiet: true });
  }
  for (const name of list("/etc/init.d").filter((name) => name.endsWith(".js"))) {
    const script = `/etc/init.d/${name}`;
    const { success, words } = await run(script);
    if (!success) say(`${script} ended ${words}; what it printed is above. The start goes on without it.`);
  }
  if (config.main !== "none") {
    if (fs.existsSync(config.main)) {
      keep({
        name: config.main,
        argv: [NODE, config.main],
        options: { cwd: "/" },
        restart: config.restart,
        failures: Number(config.failures),
      });
    } else if (config.main !== MAIN) {
      say(`there is no file ${config.main}, which system.main of the kernel command line names`);
    }
  }
  startUsers();
}

// Whatever is thrown later must not end this process.
process.on("uncaughtException", (error) => say(`a defect of /init: ${explain(error)}`));
begin();
