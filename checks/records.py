"""Records of what scripts built and saw, as tables of TOML in generator/data/results.toml. People write the rest of that file."""

import json
import os
import tomllib


def value(data):
    """A value as TOML prints it."""
    match data:
        case dict():
            return "{ " + ", ".join(f"{key} = {value(item)}" for key, item in data.items()) + " }"
        case list():
            return "[" + ", ".join(map(value, data)) + "]"
        case int() | float():
            return str(data)
        case str():
            # JSON's strings are TOML's basic strings, but for one character.
            return json.dumps(data, ensure_ascii=False).replace("\x7f", "\\u007f")
    raise TypeError(data)


def block(table, data, keys):
    """A record as an entry of a list of tables."""
    return "".join([f"[[{table}]]\n", *(f"{key} = {value(data[key])}\n" for key in keys if key in data)])


def replace(path, text):
    """Writes a file in one step."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    os.replace(beside, path)


class Section:
    """All records of one table: the part of a file that begins with this comment."""

    def __init__(self, path, table, comment, keys, name_of):
        self.path, self.table, self.comment, self.keys, self.name_of = path, table, comment, keys, name_of

    def read(self):
        return tomllib.loads(self.path.read_text()).get(self.table, [])

    def write(self, record):
        """Puts a record in the place of the one of the same name, or after all others."""
        text = self.path.read_text()
        records = [record if self.name_of(old) == self.name_of(record) else old for old in self.read()]
        if record not in records:
            records.append(record)
        before, _, own = text.partition(self.comment.splitlines(keepends=True)[0])
        # The next section begins with a comment, too.
        _, _, own = own.partition("[[")
        _, found, after = own.partition("\n\n# ")
        blocks = "\n".join(block(self.table, each, self.keys) for each in records)
        new = before.rstrip("\n") + f"\n\n{self.comment}\n{blocks}" + (f"\n# {after}" if found else "")
        old, now = tomllib.loads(text), tomllib.loads(new)
        if now.pop(self.table) != records or now != {key: value for key, value in old.items() if key != self.table}:
            raise ValueError(f"{self.path}: a [[{self.table}]] stands outside of its section, or something else in it")
        replace(self.path, new)
