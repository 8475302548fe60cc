// What every context of QuickJS-ng begins with: names that programs expect of every JavaScript runtime, and require(). The
// interpreter contains this file.
import * as std from "qjs:std";
import * as os from "qjs:os";
import * as system from "qjs:system";

// As other globals: not listed by loops over globalThis.
function define(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

const timer = (start) => {
  return (call, delay, ...words) => {
    if (typeof call !== "function") throw new TypeError("a timer needs a function to call");
    // One that is too long is short, as in Node.js: QuickJS-ng counts with 32 bits, too.
    return start(() => call(...words), delay <= 0x7fffffff ? Number(delay) : 1);
  };
};
// The timers that stand for an interval now, by the first one. os.setInterval does not wait for the end of a call: a slow one
// would leave no time for anything else.
const intervals = new Map();
const repeat = (call, delay) => {
  const again = () => {
    call();
    if (intervals.has(id)) intervals.set(id, os.setTimeout(again, delay));
  };
  const id = os.setTimeout(again, delay);
  intervals.set(id, id);
  return id;
};
const clear = (id) => {
  os.clearTimeout(intervals.get(id) ?? (Number(id) || 0));
  intervals.delete(id);
};
define("setTimeout", timer(os.setTimeout));
define("setInterval", timer(repeat));
define("clearTimeout", clear);
define("clearInterval", clear);

// The part of Node.js' `process` that packages for browsers use, too. `browser` is what bundlers say in theirs: packages must not
// take this runtime for Node.js.
define("process", {
  browser: true,
  platform: "linux",
  version: "",
  versions: {},
  env: std.getenviron(),
  get argv() {
    // A worker has no arguments.
    return [globalThis.argv0, ...(globalThis.scriptArgs ?? [])];
  },
  cwd: () => os.getcwd()[0],
  exit: (code = 0) => std.exit(code),
  nextTick: (call, ...words) => queueMicrotask(() => call(...words)),
});

// ---- CommonJS modules

const modules = new Map();

const noModule = (path) => new Error(`${path} is an ES module, which require() cannot load; use import() instead`);

// What the file exports.
export function load(path) {
  const known = modules.get(path);
  if (known) return known.exports;
  if (system.isModule(path)) throw noModule(path);
  const text = std.loadFile(path);
  if (text === null) throw new Error(`${path} cannot be read`);
  const module = { exports: {}, filename: path, id: path, loaded: false };
  // Before it ran: a circle of modules sees what there is so far.
  modules.set(path, module);
  try {
    if (path.endsWith(".json")) {
      try {
        module.exports = JSON.parse(text.replace(/^\uFEFF/, ""));
      } catch (error) {
        error.message = `${path}: ${error.message}`;
        throw error;
      }
    } else {
      // On one line, so that numbers of lines in messages are right.
      const head = "(function (exports, require, module, __filename, __dirname) {";
      let run;
      try {
        run = system.evaluate(`${head}${text.replace(/^#!.*/, "")}\n})`, path);
      } catch (error) {
        throw system.isModule(path, text) ? noModule(path) : error;
      }
      const folder = path.slice(0, Math.max(path.lastIndexOf("/"), 1));
      run.call(module.exports, module.exports, createRequire(path), module, path, folder);
    }
  } catch (error) {
    modules.delete(path);
    throw error;
  }
  module.loaded = true;
  return module.exports;
}

// A function that loads modules as require() in this file does: its path, or its address as import.meta.url has it.
export function createRequire(file) {
  // QuickJS-ng puts paths there as they are.
  const path = file.replace(/^file:\/\//, "");
  const require = (name) => load(system.resolve(name, path));
  require.resolve = (name) => system.resolve(name, path);
  return require;
}
