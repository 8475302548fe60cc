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
  return (call, delay = 0, ...words) => start(() => call(...words), Number(delay) || 0);
};
define("setTimeout", timer(os.setTimeout));
define("setInterval", timer(os.setInterval));
define("clearTimeout", (id) => os.clearTimeout(Number(id) || 0));
define("clearInterval", (id) => os.clearInterval(Number(id) || 0));

// The part of Node.js' `process` that packages for browsers use, too. `browser` is what bundlers say in theirs: packages must not
// take this runtime for Node.js.
define("process", {
  browser: true,
  platform: "linux",
  version: "",
  versions: {},
  env: std.getenviron(),
  get argv() {
    return [globalThis.argv0, ...globalThis.scriptArgs];
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
      module.exports = JSON.parse(text.replace(/^\uFEFF/, ""));
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
  const path = file.startsWith("file://") ? decodeURIComponent(file.slice("file://".length)) : file;
  const require = (name) => load(system.resolve(name, path));
  require.resolve = (name) => system.resolve(name, path);
  return require;
}
