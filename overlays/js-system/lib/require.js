// CommonJS modules, as most packages of npm are: require() for the files below a folder.
import * as std from "qjs:std";
import * as system from "qjs:system";

const modules = new Map();

function load(path) {
  const known = modules.get(path);
  if (known) return known.exports;
  const text = std.loadFile(path);
  if (text === null) throw new Error(`${path} cannot be read`);
  const module = { exports: {}, filename: path, id: path, loaded: false };
  // Before it ran: a circle of modules sees what there is so far.
  modules.set(path, module);
  try {
    if (path.endsWith(".json")) {
      module.exports = JSON.parse(text);
    } else {
      // On one line, so that numbers of lines in messages are right.
      const head = "(function (exports, require, module, __filename, __dirname) {";
      const run = system.evaluate(`${head}${text.replace(/^#!.*/, "")}\n})`, path);
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

// A function that loads modules as require() in the file of this path does.
export function createRequire(path) {
  const require = (name) => load(system.resolve(name, path));
  require.resolve = (name) => system.resolve(name, path);
  return require;
}
