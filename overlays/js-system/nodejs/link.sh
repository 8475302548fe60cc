# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# What is there already, so that a part that make does not accept is seen, and not built again here.
find out -name '*.o' | LC_ALL=C sort >"$NIX_BUILD_TOP/there"
cp "$module" src/node_system.c
run_make "$PWD/out/Release/node"

again=$(added | sed 's,^\./,,' | LC_ALL=C comm -12 - "$NIX_BUILD_TOP/there")
if [ -n "$again" ]; then
  printf 'error: make built objects of parts again:\n%s\n' "$again" >&2
  exit 1
fi

"$target-strip" -o node out/Release/node
if "$target-readelf" -l node | grep -q INTERP || "$target-readelf" -d node | grep -q NEEDED; then
  echo 'error: the program is not static' >&2
  exit 1
fi
# Its processor is one that this machine runs programs of.
./node -e '
  const assert = require("assert");
  assert.strictEqual(process.version, "v" + process.argv[1]);
  assert(!JSON.stringify(process.config).includes(process.argv[2]), "process.config names places of the build");
  assert.strictEqual(process.versions.undici, require("fs").readFileSync("src/undici_version.h", "utf8").split("\"")[1]);
  for (const name of ["acorn/acorn/dist/acorn", "undici/undici"]) assert(process.binding("natives")["internal/deps/" + name]);
  assert(process._linkedBinding("system").mount);
' "$version" "$NIX_STORE"
