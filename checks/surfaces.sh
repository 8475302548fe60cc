#!/usr/bin/env bash
# The files for GitHub and GitLab of every example, and of a matrix with every family on every build system, against the
# schemas that SchemaStore publishes for them; the workflows, and those of this project, also against zizmor's rules, the
# pedantic ones included: surfaces.sh CROSSLOOM
# What garnix and Hydra read has no published schema: generator/tests/unit/surfaces.rs holds those to their documentation,
# and all of them to the rules that no schema says.
set -euo pipefail

validators=${CARGO_TARGET_DIR:-target}/validators
# What is there was installed from the same list, or is installed again.
if ! cmp -s checks/surfaces/requirements.txt "$validators/requirements.txt"; then
  rm -rf "$validators"
  python3 -m venv "$validators"
  "$validators/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r checks/surfaces/requirements.txt
  cp checks/surfaces/requirements.txt "$validators/"
fi
"$validators/bin/check-jsonschema" --version
"$validators/bin/zizmor" --version
crossloom=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/everything"
cp -r examples/kernel-module/greeting "$work/everything/"
cat >"$work/everything/matrix.toml" <<'TOML'
crossloom = 1
[build]
systems = ["x86_64-linux", "aarch64-linux", "x86_64-darwin", "aarch64-darwin"]
[ci]
surfaces = ["hydra", "garnix", "github", "gitlab"]
crossloom-git = "https://git.example.org/tools/crossloom"
crossloom-rev = "0123456789abcdef0123456789abcdef01234567"
[musl-gcc]
targets = ["x86_64-linux-musl"]
[darwin]
targets = ["x86_64-apple-darwin22"]
[valgrind-darwin]
targets = ["x86_64-apple-darwin22"]
[linux]
targets = ["arm64"]
modules = ["greeting"]
[linux-module.greeting]
source = "greeting"
[bare-metal]
targets = ["x86_64-unknown-none"]
[js-system]
targets = ["arm64"]
TOML
# A family that this matrix lacks would be checked nowhere.
families=$("$crossloom" list families | cut -f 1)
if [ -z "$families" ]; then
  echo 'error: crossloom lists no family' >&2
  exit 1
fi
for family in $families; do
  if ! grep -qxF "[$family]" "$work/everything/matrix.toml"; then
    echo "error: the matrix of every family has no [$family]" >&2
    exit 1
  fi
done
"$crossloom" --quiet lock --matrix "$work/everything/matrix.toml"
"$crossloom" --quiet generate --matrix "$work/everything/matrix.toml"
# Another one that leaves crossloom's repository and commit to variables.
mkdir "$work/open"
grep -v '^crossloom-' "$work/everything/matrix.toml" >"$work/open/matrix.toml"
cp -r examples/kernel-module/greeting "$work/open/"
"$crossloom" --quiet lock --matrix "$work/open/matrix.toml"
"$crossloom" --quiet generate --matrix "$work/open/matrix.toml"
shopt -s nullglob dotglob
github=({examples,"$work"}/*/.github/workflows/crossloom.yml)
gitlab=({examples,"$work"}/*/.gitlab-ci.yml)
if [ "${#github[@]}" -lt 2 ] || [ "${#gitlab[@]}" -lt 2 ]; then
  echo "no example has files for GitHub and GitLab, or the matrix of everything has none" >&2
  exit 1
fi
"$validators/bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml "${github[@]}"
"$validators/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci "${gitlab[@]}"
# checks/pins.sh does what zizmor needs the network for.
"$validators/bin/zizmor" --offline --persona auditor --no-progress .github/workflows/*.yml "${github[@]}" --collect workflows
checks/pins.sh
