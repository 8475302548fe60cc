#!/usr/bin/env bash
# Kernels that fail only when they are built: failing-kernels.sh CROSSLOOM. The log of each has to say what to do. What can be
# known before is an error of every command; tests of the family bare-metal look at that.
set -euo pipefail

crossloom=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fails NAME PATTERN…: a copy of the kernel hello, which the function NAME changes, does not build, and the log has each text.
fails() {
  local name=$1 text
  local project=$work/$1
  shift
  mkdir "$project"
  cp -r overlays/bare-metal/hello "$project/kernel"
  chmod -R u+w "$project/kernel"
  cat >"$project/matrix.toml" <<END
crossloom = 1
[build]
systems = ["x86_64-linux", "aarch64-linux"]
[bare-metal]
targets = ["x86_64-unknown-none"]
kernel = ["$name"]
[bare-metal-kernel.$name]
source = "kernel"
package = "hello"
linker-script = "x86_64.ld"
serial = ["hello"]
END
  (cd "$project/kernel" && "$name")
  for command in lock generate fetch; do "$crossloom" --quiet "$command" --matrix "$project/matrix.toml"; done
  if "$crossloom" build --no-out-link --matrix "$project/matrix.toml" bare-metal-x86_64-unknown-none >"$project/log" 2>&1; then
    echo "$name builds, and should not" >&2
    exit 1
  fi
  for text; do
    if ! grep -F -- "$text" "$project/log"; then
      tail -n 40 "$project/log" >&2
      echo "the log of $name does not say: $text" >&2
      exit 1
    fi
  done
}

# A build script that downloads.
network() {
  cat >build.rs <<'END'
fn main() {
    std::net::TcpStream::connect("host.example.org:80").expect("the download");
}
END
}

# A dependency that came in after the lock was made.
stale() {
  mkdir -p late/src
  printf '[package]\nname = "late"\nversion = "1.0.0"\n' >late/Cargo.toml
  : >late/src/lib.rs
  printf '[dependencies]\nlate = { path = "late" }\n' >>Cargo.toml
}

fails network 'hint: the build script of hello wants the network, and no build has it'
fails stale 'hint: Cargo.lock does not fit the manifests'
