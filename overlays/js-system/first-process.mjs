// What the first process does under every runtime: it mounts the kernel's file systems, starts the system's scripts, adopts and
// reaps processes, and turns the machine off. It must not end: the kernel would panic.
//
// /init gives it the runtime's own ways:
//
//   program                          the runtime's path
//   console                          what starts the console's program: a list of words
//   user(id, home)                   what starts the script of a user: { argv, options }, options as those of spawn
//   print(text), explain(error)      to the console, and what an error says, for a person
//   list(path), exists(path), read(path), owner(path), isFolder(path)
//                                    of files; a file that is not there is empty, and belongs to 0
//   write(path, text), append(path, text), makeFolder(path), link(target, path), chown(path, id)
//                                    the last not through a symbolic link
//   mount(source, target, type, options), umount(path), setHostName(name), interfaceUp(name), reboot(how)
//                                    errors are thrown
//   environment()                    the variables of this process
//   seconds(), after(seconds, call), cancel(timer), every(seconds, call)
//   onSignal(name, call)
//   spawn(argv, { cwd, env }, ended) starts a program and gives its number, if it has one; ended(end) when it has ended,
//                                    with { code, signal, why }: its status, or the signal that ended it
//   reap(adopted)                    takes the statuses of processes that ended; adopted(number, end) of others' children
//   isBusy()                         after reap: whether there is any other process
//   kill(name)                       sends a signal to all other processes
let machine;

const MAIN = "/app/main.js";
const HOME = "/home";
// The servers that the kernel was told of, in the form of /etc/resolv.conf.
const NAME_SERVERS = "/proc/net/pnp";
const CTRL_ALT_DEL = "/proc/sys/kernel/ctrl-alt-del";
// Seconds: a script that ran for less did not start; the longest pause before it is started again.
const STARTED = 10;
const LONGEST_PAUSE = 30;
// A person needs more to end the console. One that reads nothing, as on a machine without a terminal, ends sooner.
const TYPED = 1;
// Seconds within which a disk has to appear.
const DISK = 10;
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

let config = { ...DEFAULTS };

function pause(seconds) {
  return new Promise((done) => machine.after(seconds, done));
}

function say(text) {
  machine.print(`init: ${text}\n`);
}

// Runs one step of the start. The system starts without it where it fails, and the console says so.
function attempt(what, step) {
  try {
    return step();
  } catch (error) {
    say(`${what} failed: ${machine.explain(error)}`);
    return undefined;
  }
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
    ["devpts", "/dev/pts", "devpts", "nosuid,noexec,mode=0620,ptmxmode=0666"],
    ["tmpfs", "/dev/shm", "tmpfs", "nosuid,nodev,mode=1777"],
    ["tmpfs", "/tmp", "tmpfs", "mode=1777"],
    ["tmpfs", "/run", "tmpfs", "mode=0755"],
  ];
  for (const [source, target, type, options] of mounts) {
    attempt(`mounting ${target}`, () => {
      // Folders in /dev are not part of the kernel's devtmpfs.
      if (!machine.exists(target)) machine.makeFolder(target);
      machine.mount(source, target, type, options);
    });
  }
  for (const [path, target] of Object.entries(DEVICES)) attempt(`linking ${path}`, () => machine.link(target, path));
}

// The words of the kernel command line that are meant for this program.
function settings() {
  const settings = { ...DEFAULTS };
  for (const word of machine.read("/proc/cmdline").split(/\s+/)) {
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

let ending = false;

// Words NAME=VALUE of the kernel command line that the kernel has no use for are in this process' own environment.
function environment(more) {
  return { ...machine.environment(), PATH: "/bin", HOME: "/root", USER: "root", TERM: "vt100", LANG: "C.UTF-8", ...more };
}

// The end of a process in words, and whether it means success.
function outcome({ code, signal, why = "" }) {
  if (signal) return { success: false, words: `by signal ${signal}` };
  return { success: code === 0, words: `with status ${code}${why}` };
}

function report(pid, end, more = "") {
  if (config.verbose === "yes") say(`process ${pid} ended ${outcome(end).words}${more}`);
}

function spawn(argv, options, ended) {
  let pid;
  pid = machine.spawn(argv, { env: environment(), ...options }, (end) => {
    if (pid !== undefined) report(pid, end);
    if (!ending) ended(end);
  });
}

// Starts a process. One that cannot be started, as where memory is short, has ended at once.
function begun(name, argv, options, ended) {
  const started = attempt(`starting ${name}`, () => spawn(argv, options, ended) ?? true);
  if (started === undefined && !ending) ended({ code: 127, why: ": it could not be started" });
}

function reap() {
  machine.reap((pid, end) => report(pid, end, "; its parent had ended before it"));
}

// Keeps a script running. `restart` says when it is started again: at once after a long run, later and later after short ones.
function keep({ name, argv, restart, failures = Infinity, options = {}, quiet = false }) {
  let short = 0;
  const start = () => {
    const began = machine.seconds();
    const ended = (end) => {
      const { success, words } = outcome(end);
      const seconds = machine.seconds() - began;
      short = seconds < STARTED ? short + 1 : 0;
      const ran = `${name} ended ${words} after ${seconds.toFixed(1)} s`;
      const hint = success ? "" : `; what it printed is above`;
      if (restart === "never" || (restart === "on-failure" && success)) {
        say(`${ran}${hint}. It is not started again (system.restart=${restart}).`);
      } else if (short >= failures) {
        say(`${ran}${hint}. It ended ${short} times in a row right after its start, and is not started again.`);
      } else {
        const asked = quiet && success && seconds >= TYPED;
        const wait = short === 0 || asked ? 0 : Math.min(2 ** Math.max(short - 1, 0), LONGEST_PAUSE);
        if (!quiet || !success) say(`${ran}${hint}. It is started again in ${wait} s.`);
        machine.after(wait, () => ending || start());
      }
    };
    begun(name, argv, options, ended);
  };
  start();
}

// Runs a script to its end.
async function run(script) {
  const late = machine.after(STARTED, () => say(`${script} has not ended after ${STARTED} s; the start waits for it`));
  const end = await new Promise((done) => begun(script, [machine.program, script], { cwd: "/" }, done));
  machine.cancel(late);
  return outcome(end);
}

// ---- The end

const ENDS = { poweroff: "powering off", restart: "restarting", halt: "halting" };

// Waits until no process is left, but not for longer than some seconds.
async function allEnded(seconds) {
  for (let tries = 0; tries < seconds * 10; tries++) {
    reap();
    if (!machine.isBusy()) return;
    await pause(0.1);
  }
}

function end(how) {
  if (ending) return;
  turnOff(how).catch((error) => {
    ending = false;
    say(`${ENDS[how]} failed: ${machine.explain(error)}`);
  });
}

async function turnOff(how) {
  ending = true;
  say(ENDS[how]);
  machine.kill("SIGTERM");
  await allEnded(3);
  machine.kill("SIGKILL");
  // A file system in use cannot be unmounted.
  await allEnded(2);
  if (config.home !== "") attempt(`unmounting ${HOME}`, () => machine.umount(HOME));
  machine.reboot(how);
}

// ---- Users

// The users: the folders in /home with a script. Each has a number, which is the owner of its folder; where that is root,
// the next one that is free, in the order of names.
function users() {
  const all = machine
    .list(HOME)
    .filter((name) => machine.exists(`${HOME}/${name}/init.js`))
    .map((name) => ({ name, id: machine.owner(`${HOME}/${name}`) }));
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

// Mounts the disk with the users' folders, which may take a while to appear. Those of the system are out of sight then.
async function mountHome() {
  const before = users();
  for (let tries = 0; tries < DISK * 10 && !machine.exists(config.home); tries++) await pause(0.1);
  if (attempt(`mounting ${config.home} on ${HOME}`, () => machine.mount(config.home, HOME, "ext4") ?? true) === undefined) {
    config.home = "";
    return;
  }
  for (const { name } of before) {
    if (!machine.exists(`${HOME}/${name}`)) {
      say(`${config.home} has no folder of the user ${name}, who is part of the system and not started`);
    }
  }
}

function give(path, id) {
  machine.chown(path, id);
  if (machine.isFolder(path)) for (const name of machine.list(path)) give(`${path}/${name}`, id);
}

function startUsers() {
  for (const { name, id, isNew } of users()) {
    const home = `${HOME}/${name}`;
    attempt(`adding ${name} to /etc/passwd`, () => {
      machine.append("/etc/passwd", `${name}:x:${id}:${id}::${home}:${machine.program}\n`);
      machine.append("/etc/group", `${name}:x:${id}:\n`);
    });
    if (isNew) attempt(`giving ${home} to its user`, () => give(home, id));
    const { argv, options } = machine.user(id, home);
    keep({
      name: `${home}/init.js`,
      argv,
      options: { ...options, cwd: home, env: environment({ HOME: home, USER: name }) },
      restart: config.restart,
      failures: Number(config.failures),
    });
  }
}

// ---- The start

async function start() {
  mountAll();
  config = attempt("reading the kernel command line", settings) ?? config;

  machine.onSignal("SIGCHLD", reap);
  // A signal that comes while this process is about to sleep wakes it only at the next event.
  machine.every(1, reap);
  machine.onSignal("SIGTERM", () => end("poweroff"));
  machine.onSignal("SIGUSR2", () => end("poweroff"));
  machine.onSignal("SIGUSR1", () => end("halt"));
  // The kernel sends it for Ctrl-Alt-Del, if it is told not to restart by itself.
  if (machine.exists(CTRL_ALT_DEL)) attempt("asking for Ctrl-Alt-Del", () => machine.write(CTRL_ALT_DEL, "0"));
  machine.onSignal("SIGINT", () => end("restart"));

  const hostname = config.hostname || machine.read("/etc/hostname").trim();
  if (hostname !== "") attempt("setting the host name", () => machine.setHostName(hostname));
  // Programs look their own name up. The one in /etc/hostname is there already.
  if (config.hostname) attempt("adding the host name to /etc/hosts", () => machine.append("/etc/hosts", `127.0.0.1 ${hostname}\n`));
  attempt("starting the network interface lo", () => machine.interfaceUp("lo"));
  // A link would not do: the kernel's file has no size, and the resolver of Node.js asks for it before it reads.
  if (machine.exists(NAME_SERVERS)) {
    attempt("writing /etc/resolv.conf", () => machine.write("/etc/resolv.conf", machine.read(NAME_SERVERS)));
  }
  if (config.home !== "") await mountHome();

  // The console comes first: with it, a person can look at what fails later. It finds the packages of the system in /app.
  if (config.console === "repl") {
    const options = { cwd: machine.exists("/app") ? "/app" : "/" };
    keep({ name: "the console", argv: machine.console, restart: "always", options, quiet: true });
  }
  for (const name of machine.list("/etc/init.d").filter((name) => /\.[cm]?js$/.test(name))) {
    const script = `/etc/init.d/${name}`;
    const { success, words } = await run(script);
    if (!success) say(`${script} ended ${words}; what it printed is above. The start goes on without it.`);
  }
  if (config.main !== "none") {
    if (machine.exists(config.main)) {
      keep({
        name: config.main,
        argv: [machine.program, config.main],
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

export function begin(on) {
  machine = on;
  start().catch((error) => {
    say(`the start failed, which is a defect of /init: ${machine.explain(error)}`);
    say("this process stays, so that the kernel does not panic; turn the machine off");
  });
}
