#!/bin/qjs -m
// The first process. It mounts the kernel's file systems, starts the system's scripts, adopts and reaps processes, and turns
// the machine off. It must not end: the kernel would panic.
import * as std from "qjs:std";
import * as os from "qjs:os";
import * as system from "qjs:system";

const QJS = "/bin/qjs";
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
  std.err.puts(`init: ${text}\n`);
  std.err.flush();
}

// What an error says, for a person: the message, then where.
function explain(error) {
  if (!(error instanceof Error)) return String(error);
  const place = (error.stack ?? "").trimEnd();
  return place === "" ? error.message : `${error.message}\n${place}`;
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

function exists(path) {
  return os.stat(path)[1] === 0;
}

function list(path) {
  const [names, error] = os.readdir(path);
  return error !== 0 ? [] : names.filter((name) => name !== "." && name !== "..").sort();
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
  for (const [path, target] of Object.entries(DEVICES)) {
    const failed = os.symlink(target, path);
    if (failed) say(`linking ${path} failed: ${std.strerror(-failed)}`);
  }
}

// The words of the kernel command line that are meant for this program.
function settings() {
  const settings = { ...DEFAULTS };
  for (const word of (std.loadFile("/proc/cmdline") ?? "").split(/\s+/)) {
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

// By process: what to do when it ends, with its status.
const processes = new Map();
let ending = false;

// Words NAME=VALUE of the kernel command line that the kernel has no use for are in this process' own environment.
function environment(more) {
  return { ...std.getenviron(), PATH: "/bin", HOME: "/root", USER: "root", TERM: "vt100", LANG: "C.UTF-8", ...more };
}

// Starts a program; `ended` gets what waitpid says.
function spawn(argv, options, ended) {
  const pid = os.exec(argv, { block: false, usePath: false, env: environment(), ...options });
  processes.set(pid, ended);
  return pid;
}

// A status of waitpid in words, and whether it means success.
function outcome(status) {
  const signal = status & 0x7f;
  if (signal !== 0) return { success: false, words: `by signal ${signal}` };
  const code = (status >> 8) & 0xff;
  if (code === 127) return { success: false, words: "with status 127: the program could not be started" };
  return { success: code === 0, words: `with status ${code}` };
}

// Takes the statuses of all processes that ended: those started here, and those whose parents ended before them. Tells whether
// there are others.
function reap() {
  for (;;) {
    const [pid, status] = os.waitpid(-1, os.WNOHANG);
    if (pid <= 0) return pid === 0;
    const ended = processes.get(pid);
    processes.delete(pid);
    if (config.verbose === "yes") {
      say(`process ${pid} ended ${outcome(status).words}${ended ? "" : "; its parent had ended before it"}`);
    }
    if (!ending) ended?.(status);
  }
}

// Keeps a script running. `restart` says when it is started again: at once after a long run, later and later after short ones.
function keep({ name, argv, restart, failures = Infinity, options = {}, quiet = false }) {
  let short = 0;
  const start = () => {
    const began = os.now();
    attempt(`starting ${name}`, () => {
      spawn(argv, options, (status) => {
        const { success, words } = outcome(status);
        const seconds = (os.now() - began) / 1e6;
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
          os.setTimeout(() => ending || start(), pause * 1000);
        }
      });
    });
  };
  start();
}

// Runs a script to its end.
async function run(script) {
  const late = os.setTimeout(() => say(`${script} has not ended after ${STARTED} s; the start waits for it`), STARTED * 1000);
  const status = await new Promise((done) => {
    attempt(`starting ${script}`, () => spawn([QJS, script], { cwd: "/" }, done)) ?? done(127 << 8);
  });
  os.clearTimeout(late);
  return status;
}

// ---- The end

const ENDS = { poweroff: "powering off", restart: "restarting", halt: "halting" };

function kill(signal) {
  // Everything but this process. Without another process it is an error.
  os.kill(-1, signal);
}

// Waits until no process is left, but not for longer than some seconds.
async function allEnded(seconds) {
  for (let tries = 0; tries < seconds * 10 && reap(); tries++) await os.sleepAsync(100);
}

async function end(how) {
  if (ending) return;
  ending = true;
  say(ENDS[how]);
  kill(os.SIGTERM);
  await allEnded(3);
  kill(os.SIGKILL);
  // A file system in use cannot be unmounted.
  await allEnded(2);
  if (config.home !== "") attempt(`unmounting ${HOME}`, () => system.umount(HOME));
  std.out.flush();
  system.reboot(how);
}

// ---- Users

// The users: the folders in /home with a script. Each has a number, which is the owner of its folder; where that is root,
// the next one that is free, in the order of names.
function users() {
  const all = list(HOME).filter((name) => exists(`${HOME}/${name}/init.js`)).map((name) => ({ name, id: owner(`${HOME}/${name}`) }));
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

function owner(path) {
  const [status, error] = os.stat(path);
  return error !== 0 ? 0 : status.uid;
}

// Mounts the disk with the users' folders. Those of the system are out of sight then.
function mountHome() {
  const before = users();
  if (attempt(`mounting ${config.home} on ${HOME}`, () => system.mount(config.home, HOME, "ext4") ?? true) === undefined) {
    config.home = "";
    return;
  }
  for (const { name } of before) {
    if (!exists(`${HOME}/${name}`)) say(`${config.home} has no folder of the user ${name}, who is part of the system and not started`);
  }
}

function give(path, id) {
  system.chown(path, id, id);
  const [status, error] = os.lstat(path);
  if (error !== 0 || (status.mode & os.S_IFMT) !== os.S_IFDIR) return;
  for (const name of list(path)) give(`${path}/${name}`, id);
}

function append(path, line) {
  const file = std.open(path, "a");
  file.puts(`${line}\n`);
  file.close();
}

function startUsers() {
  for (const { name, id, isNew } of users()) {
    const home = `${HOME}/${name}`;
    attempt(`adding ${name} to /etc/passwd`, () => {
      append("/etc/passwd", `${name}:x:${id}:${id}::${home}:${QJS}`);
      append("/etc/group", `${name}:x:${id}:`);
    });
    if (isNew) attempt(`giving ${home} to its user`, () => give(home, id));
    keep({
      name: `${home}/init.js`,
      argv: [QJS, "/lib/system/user.js", String(id), home],
      options: { cwd: home, env: environment({ HOME: home, USER: name }) },
      restart: config.restart,
      failures: Number(config.failures),
    });
  }
}

// ---- The start

let config = { ...DEFAULTS };

async function start() {
  mountAll();
  config = attempt("reading the kernel command line", settings) ?? config;

  os.signal(os.SIGCHLD, reap);
  // A signal that comes while this process is about to sleep wakes it only at the next event.
  os.setInterval(reap, 1000);
  os.signal(os.SIGTERM, () => end("poweroff"));
  os.signal(os.SIGUSR2, () => end("poweroff"));
  os.signal(os.SIGUSR1, () => end("halt"));
  // The kernel sends it for Ctrl-Alt-Del, if it is told not to restart by itself.
  if (exists(CTRL_ALT_DEL)) attempt("asking for Ctrl-Alt-Del", () => std.writeFile(CTRL_ALT_DEL, "0"));
  os.signal(os.SIGINT, () => end("restart"));
  os.signal(os.SIGPIPE, null);

  const hostname = config.hostname || (std.loadFile("/etc/hostname") ?? "").trim();
  if (hostname !== "") attempt("setting the host name", () => system.setHostName(hostname));
  attempt("starting the network interface lo", () => system.interfaceUp("lo"));
  if (config.home !== "") mountHome();

  // The console comes first: with it, a person can look at what fails later.
  if (config.console === "repl") {
    keep({ name: "the console", argv: [QJS, "-i", "/lib/system/console.js"], restart: "always", quiet: true });
  }
  for (const name of list("/etc/init.d").filter((name) => name.endsWith(".js"))) {
    const script = `/etc/init.d/${name}`;
    const { success, words } = outcome(await run(script));
    if (!success) say(`${script} ended ${words}; what it printed is above. The start goes on without it.`);
  }
  if (config.main !== "none") {
    if (exists(config.main)) {
      keep({
        name: config.main,
        argv: [QJS, config.main],
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

start().catch((error) => {
  say(`the start failed, which is a defect of /init: ${explain(error)}`);
  say("this process stays, so that the kernel does not panic; turn the machine off");
});
