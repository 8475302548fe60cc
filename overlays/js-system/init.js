#!/bin/qjs -m
// The first process under QuickJS-ng: its ways, for /lib/system/first-process.mjs, which says what each is.
import * as std from "qjs:std";
import * as os from "qjs:os";
import * as system from "qjs:system";
import { begin } from "/lib/system/first-process.mjs";

const QJS = "/bin/qjs";

function print(text) {
  std.err.puts(text);
  std.err.flush();
}

function explain(error) {
  if (!(error instanceof Error)) return String(error);
  const place = (error.stack ?? "").trimEnd();
  return place === "" ? error.message : `${error.message}\n${place}`;
}

// A call that gives a value and the number of an error.
function status(path, of = os.stat) {
  const [found, error] = of(path);
  return error === 0 ? found : undefined;
}

function put(path, mode, text) {
  const file = std.open(path, mode);
  if (file === null) throw new Error(`${path} cannot be opened`);
  file.puts(text);
  file.close();
}

// By process: what to do when it ends.
const processes = new Map();
let busy = false;

// A status of waitpid.
function endOf(status) {
  const signal = status & 0x7f;
  if (signal !== 0) return { signal };
  const code = (status >> 8) & 0xff;
  return code === 127 ? { code, why: ": the program could not be started" } : { code };
}

// What an event calls must not throw: QuickJS-ng would end, and this process must not.
function safe(call) {
  return () => {
    try {
      call();
    } catch (error) {
      print(`init: a defect of /init: ${explain(error)}\n`);
    }
  };
}

// The module os has no name for it.
const SIGKILL = 9;

begin({
  program: QJS,
  console: [QJS, "-i", "/lib/system/console.js"],
  user: (id, home) => ({ argv: [QJS, "/lib/system/user.js", String(id), home] }),
  print,
  explain,

  list(path) {
    const [names, error] = os.readdir(path);
    return error !== 0 ? [] : names.filter((name) => name !== "." && name !== "..").sort();
  },
  exists: (path) => status(path) !== undefined,
  read: (path) => std.loadFile(path) ?? "",
  owner: (path) => status(path)?.uid ?? 0,
  isFolder: (path) => ((status(path, os.lstat)?.mode ?? 0) & os.S_IFMT) === os.S_IFDIR,
  write: (path, text) => put(path, "w", text),
  append: (path, text) => put(path, "a", text),
  makeFolder(path) {
    const failed = os.mkdir(path);
    if (failed) throw new Error(std.strerror(-failed));
  },
  link(target, path) {
    const failed = os.symlink(target, path);
    if (failed) throw new Error(std.strerror(-failed));
  },
  chown: (path, id) => system.chown(path, id, id),

  mount: system.mount,
  umount: system.umount,
  setHostName: system.setHostName,
  interfaceUp: system.interfaceUp,
  reboot(how) {
    std.out.flush();
    system.reboot(how);
  },

  environment: std.getenviron,
  seconds: () => os.now() / 1e6,
  after: (seconds, call) => os.setTimeout(safe(call), seconds * 1000),
  cancel: os.clearTimeout,
  every: (seconds, call) => os.setInterval(safe(call), seconds * 1000),
  onSignal: (name, call) => os.signal(os[name], safe(call)),
  spawn(argv, options, ended) {
    const pid = os.exec(argv, { block: false, usePath: false, ...options });
    processes.set(pid, ended);
    return pid;
  },
  reap(adopted) {
    for (;;) {
      const [pid, status] = os.waitpid(-1, os.WNOHANG);
      busy = pid === 0;
      if (pid <= 0) return;
      const own = processes.get(pid);
      processes.delete(pid);
      if (own) own(endOf(status));
      else adopted(pid, endOf(status));
    }
  },
  isBusy: () => busy,
  // Without another process it is an error, which os.kill gives back.
  kill: (name) => os.kill(-1, name === "SIGKILL" ? SIGKILL : os[name]),
});
