#!/usr/bin/env bash
# A kernel with packages from git, built and booted: git-dependencies.sh CROSSLOOM. No repository is needed: Cargo.lock names
# one that does not exist, and the archive of its files is made here.
set -euo pipefail

crossloom=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
matrix=$work/matrix.toml
url=https://git.example.org/greetings commit=0123456789abcdef0123456789abcdef01234567

# The repository: a workspace whose packages inherit from it, and one of which needs the other by its path alone. A package
# from git can hold files that are not text, and can read what is beside it.
mkdir -p "$work/tree/greeting/src" "$work/tree/words/src"
cat >"$work/tree/Cargo.toml" <<'END'
[workspace]
members = ["greeting", "words"]
[workspace.package]
version = "1.2.3"
edition = "2021"
END
cat >"$work/tree/greeting/Cargo.toml" <<'END'
[package]
name = "greeting"
version.workspace = true
edition.workspace = true
workspace = ".."
[dependencies]
words = { path = "../words" }
END
cat >"$work/tree/words/Cargo.toml" <<'END'
[package]
edition.workspace = true
version.workspace = true
name = "words"
END
cat >"$work/tree/greeting/src/lib.rs" <<'END'
#![no_std]
pub const GREETING: &str = words::WORDS;
pub const BYTES: &[u8] = include_bytes!("../../bytes");
END
cat >"$work/tree/words/src/lib.rs" <<'END'
#![no_std]
pub const WORDS: &str = "hello out of a git repository\n";
END
printf '\377\000\376' >"$work/tree/bytes"
tar -czf "$work/greetings.tar.gz" -C "$work" tree
# The command needs a matrix, whatever is in it.
hash=$("$crossloom" --quiet nix --matrix examples/quickstart/matrix.toml hash path "$work/tree")

cp -r overlays/bare-metal/hello "$work/kernel"
chmod -R u+w "$work/kernel"
cat >>"$work/kernel/Cargo.toml" <<END
[dependencies]
greeting = { git = "$url", branch = "main" }
END
source="git+$url?branch=main#$commit"
cat >"$work/kernel/Cargo.lock" <<END
version = 4

[[package]]
name = "greeting"
version = "1.2.3"
source = "$source"
dependencies = [
 "words",
]

[[package]]
name = "hello"
version = "0.1.0"
dependencies = [
 "greeting",
]

[[package]]
name = "words"
version = "1.2.3"
source = "$source"
END
sed -i 's/^    ".*$/    assert!(greeting::BYTES == [255, 0, 254]);\n    greeting::GREETING.bytes().for_each(machine::send);/' \
  "$work/kernel/src/main.rs"
cat >"$matrix" <<'END'
crossloom = 1
[build]
systems = ["x86_64-linux", "aarch64-linux"]
[bare-metal]
targets = ["x86_64-unknown-none"]
kernel = ["mine"]
[bare-metal-kernel.mine]
source = "kernel"
package = "hello"
linker-script = "x86_64.ld"
serial = ["hello out of a git repository"]
END

# Without a hash nothing is locked, and the message says how to get one.
if "$crossloom" lock --matrix "$matrix" 2>"$work/message"; then
  echo 'a package from git needs no hash' >&2
  exit 1
fi
# shellcheck disable=SC2016 # quotes of the message
grep -F 'takes `greeting 1.2.3`, `words 1.2.3` from git, and the matrix has no hash of it' "$work/message"
grep -qF 'nix-hash --type sha256 --base32 tree' "$work/message"

cat >>"$matrix" <<END
[bare-metal-kernel.mine.git-hashes]
"$url#$commit" = { hash = "$hash", archive = "file://$work/greetings.tar.gz" }
END
for command in lock generate fetch; do "$crossloom" --quiet "$command" --matrix "$matrix"; done
built=$("$crossloom" build --no-out-link --matrix "$matrix" boot-bare-metal-x86_64-unknown-none)
cat "$built/output"

# A place in the store would differ from machine to machine.
kernel=$("$crossloom" --quiet build --no-out-link --matrix "$matrix" bare-metal-x86_64-unknown-none)
if grep -rqa '/nix/store/' "$kernel"; then
  echo 'the kernel holds a path of the store' >&2
  exit 1
fi

# cargo in the development shell takes the packages from the store, too.
"$crossloom" --quiet fetch --matrix "$matrix" bare-metal-x86_64-unknown-none
(cd "$work/kernel" && "$crossloom" nix --matrix "$matrix" develop "$work#bare-metal-x86_64-unknown-none" \
  --command env CARGO_HOME="$work/cargo" cargo build --locked)
[ -f "$work/kernel/target/x86_64-unknown-none/debug/hello" ]
