"""Write a package of npm as one CommonJS file: bundle.py ENTRY OUTPUT [NAME=FOLDER]...

Node.js carries undici as one file, which upstream makes with a bundler. This does the same: each module becomes a function,
and every call of `require` whose argument is a path, or the name of one of the packages given, gets the module at that place.
All other names are left to the `require` of whoever loads the file.
"""

import json
import os
import re
import sys

CALL = re.compile(r"""\brequire\((['"])([^'"\n]+)\1\)""")


def file_at(path):
    for end in ("", ".js", ".json", "/index.js"):
        if os.path.isfile(path + end):
            return os.path.normpath(path + end)
    raise SystemExit(f"bundle.py: no module at {path}")


def main_of(folder):
    with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
        return file_at(os.path.join(folder, json.load(file).get("main", "index.js")))


def bundle(entry, packages):
    numbers, texts, waiting = {}, {}, []

    def number(path):
        if path not in numbers:
            numbers[path] = len(numbers)
            waiting.append(path)
        return numbers[path]

    def replaced(path, call):
        name = call.group(2)
        if name in packages:
            return f"load({number(main_of(packages[name]))})"
        if name.startswith("."):
            return f"load({number(file_at(os.path.join(os.path.dirname(path), name)))})"
        return call.group(0)

    number(file_at(entry))
    while waiting:
        path = waiting.pop(0)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if path.endswith(".json"):
            text = f"module.exports = {text}"
        texts[path] = CALL.sub(lambda call: replaced(path, call), text)
    return [texts[path] for path in numbers]


def main(entry, output, *packages):
    modules = bundle(entry, dict(package.split("=", 1) for package in packages))
    with open(output, "w", encoding="utf-8") as file:
        file.write("'use strict';\nconst loaded = [];\nfunction load(number) {\n")
        file.write("  if (loaded[number] === undefined) {\n    const module = loaded[number] = { exports: {} };\n")
        file.write("    modules[number].call(module.exports, module, module.exports);\n  }\n")
        file.write("  return loaded[number].exports;\n}\nconst modules = [\n")
        for text in modules:
            file.write(f"function(module, exports) {{\n{text}\n}},\n")
        file.write("];\nmodule.exports = load(0);\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
