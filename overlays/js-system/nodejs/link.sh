# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# What is there already, so that a part that make does not accept is seen, and not built again here.
find out -name '*.o' | LC_ALL=C sort >"$NIX_BUILD_TOP/there"
cp "$module" src/node_system.c
cp "$mount" src/node_mount_options.h
# Programs read config.gypi as `process.config`. The parts were configured without a snapshot of the program's own start, which is
# made below.
sed -i "s/\(['\"]node_use_node_\(snapshot\|code_cache\)['\"]: ['\"]\)false/\1true/" config.gypi
if [ "$(grep -c "node_use_node_\(snapshot\|code_cache\)['\"]: ['\"]true" config.gypi)" != 2 ]; then
  echo 'error: config.gypi does not set node_use_node_snapshot and node_use_node_code_cache once each' >&2
  exit 1
fi
# node_mksnapshot is linked with the libraries of the static program: gyp lists none for it.
sed -n '/^LIBS :=/,/^$/p' out/node.target.mk >"$NIX_BUILD_TOP/libraries.mk"
sed -i -e "/^LIBS :=/r $NIX_BUILD_TOP/libraries.mk" -e '/^LIBS :=/,/^$/d' out/node_mksnapshot.target.mk
if [ "$linking" = dynamic ]; then
  # The objects are the same: only the link differs, and what `process.config` says of it.
  sed -i '/^\t-static \\$/d' out/node.target.mk
  sed -i "s/'libraries': \['-static'\]/'libraries': []/" config.gypi
  if grep -qe '-static\b' out/node.target.mk config.gypi; then
    echo 'error: the link was described in another way than was looked for' >&2
    exit 1
  fi
fi
# A newer config.gypi would have gyp write all makefiles again. One source is written from it.
touch -d @2 config.gypi
rm -f out/Release/obj/gen/node_javascript.cc
sed -i '/\/gen\/node_javascript\.o$/d' "$NIX_BUILD_TOP/there"

# node_mksnapshot starts Node.js, and writes its heap and the code cache of its scripts as a source. That one replaces the source
# of a program without a snapshot. `codecache` is the object, TARGET/SOURCE, that has to be told to write the code cache.
if [ -n "${padding-}" ]; then patch -p1 -f --no-backup-if-mismatch -i "$padding"; fi
list=out/${codecache%%/*}.target.mk
printf '%s: GYP_CXXFLAGS += -DNODE_USE_NODE_CODE_CACHE=1\n' "\$(obj).target/$codecache.o" >>"$list"
touch -d @2 "$list"
sed -i "\|/obj\.target/$codecache\.o\$|d" "$NIX_BUILD_TOP/there"
run_make "$PWD/out/Release/node_mksnapshot"
out/Release/node_mksnapshot src/node_snapshot_stub.cc
for number in 1 2 3; do
  out/Release/node_mksnapshot "$NIX_BUILD_TOP/snapshot"
  if ! cmp "$NIX_BUILD_TOP/snapshot" src/node_snapshot_stub.cc; then
    echo "error: a snapshot was another one in run $number" >&2
    exit 1
  fi
done
run_make "$PWD/out/Release/node"

again=$(added | sed 's,^\./,,' | LC_ALL=C comm -12 - "$NIX_BUILD_TOP/there")
if [ -n "$again" ]; then
  printf 'error: make built objects of parts again:\n%s\n' "$again" >&2
  exit 1
fi

"$target-strip" -o node out/Release/node
run=(./node)
if [ "$linking" = static ]; then
  if "$target-readelf" -l node | grep -q INTERP || "$target-readelf" -d node | grep -q NEEDED; then
    echo 'error: the program is not static' >&2
    exit 1
  fi
else
  # The libraries that it needs, and theirs. musl is its own loader, so it is there under that name alone.
  mkdir lib-shared
  loader=$("$target-readelf" -l node | sed -n 's,.*interpreter: /lib/\(.*\)\],\1,p')
  cp -L "$libraries/$loader" "lib-shared/$loader"
  files=(node)
  for ((at = 0; at < ${#files[@]}; at++)); do
    while IFS= read -r name; do
      if [ "$name" = libc.so ] || [ -e "lib-shared/$name" ]; then continue; fi
      cp -L "$libraries/$name" "lib-shared/$name"
      files+=("lib-shared/$name")
    done < <("$target-readelf" -d "${files[at]}" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  done
  chmod 0755 lib-shared/*
  "$target-strip" --strip-unneeded lib-shared/*
  ls lib-shared
  run=("lib-shared/$loader" --library-path lib-shared ./node)
fi
# Its processor is one that this machine runs programs of.
"${run[@]}" -e '
  const assert = require("assert");
  assert.strictEqual(process.version, "v" + process.argv[1]);
  assert(!JSON.stringify(process.config).includes(process.argv[2]), "process.config names places of the build");
  assert.strictEqual(process.versions.undici, require("fs").readFileSync("src/undici_version.h", "utf8").split("\"")[1]);
  for (const name of ["acorn/acorn/dist/acorn", "undici/undici"]) assert(process.binding("natives")["internal/deps/" + name]);
  assert(process._linkedBinding("system").mount);
  assert.strictEqual(process.config.target_defaults.libraries.includes("-static"), process.argv[3] === "static");
' "$version" "$NIX_STORE" "$linking"
# Whether it uses the snapshot, and for other scripts the code cache.
"${run[@]}" --no-warnings --expose-internals -e '
  const assert = require("assert");
  require("http2");
  const used = require("internal/test/binding").internalBinding("builtins").getCacheUsage();
  assert([...used.compiledInSnapshot].includes("internal/bootstrap/node"), "the snapshot is not used");
  assert([...used.compiledWithCache].includes("http2"), "the code cache is not used");
'
# What it says for itself to servers.
"${run[@]}" --input-type=module -e '
  import assert from "node:assert";
  import http from "node:http";

  const server = http.createServer((request, response) => response.end(request.headers["user-agent"]));
  server.listen(0, "127.0.0.1", async () => {
    const answer = await fetch("http://127.0.0.1:" + server.address().port);
    assert.strictEqual(await answer.text(), "node");
    server.close();
    server.closeAllConnections();
  });
'
