#!/usr/bin/env bash
# Systems with something wrong in them: failing-systems.sh CROSSLOOM. Each has to end in a message that says what is wrong, of
# crossloom, of the build, or on the console of a machine that goes on running.
set -euo pipefail

crossloom=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The runtime of systems, and archives that no registry has.
runtime=quickjs-ng
archives=$work/archives
mkdir "$archives"

# project NAME TEXT…: a system with the scripts that the function NAME writes. The texts are for the console.
project() {
  local name=$1 text list=''
  local project=$work/$1
  shift
  mkdir -p "$project/app"
  (cd "$project/app" && "$name")
  for text; do list+="\"$text\", "; done
  if [ -n "$list" ]; then list="serial = [$list]"; fi
  cat >"$project/matrix.toml" <<END
crossloom = 1
[build]
systems = ["$(uname -m)-linux"]
[sources]
prefer = ["debian", "upstream"]
[js-system]
targets = ["x86_64"]
runtime = ["$runtime"]
root = ["$name"]
[js-system-root.$name]
source = "app"
$list
END
}

# run NAME COMMAND ARG…
run() { "$crossloom" "$2" --matrix "$work/$1/matrix.toml" "${@:3}"; }

# says NAME TEXT…: the machine boots, works, and its console says each text.
says() {
  project "$@"
  run "$1" lock --quiet
  run "$1" generate --quiet
  run "$1" fetch --quiet --from "$archives"
  run "$1" build --no-out-link boot-js-system-x86_64 >/dev/null
  printf '%s: the console says so\n' "$1"
}

# fails NAME COMMAND TEXT…: the last command of lock, generate, fetch and build that is run fails, and says each text.
fails() {
  local name=$1 last=$2 text command
  local texts=("${@:3}")
  project "$name"
  for command in lock generate fetch build; do
    set -- "$command"
    if [ "$command" = fetch ]; then set -- fetch --from "$archives"; fi
    if [ "$command" = build ]; then set -- build --no-out-link js-system-x86_64; fi
    if [ "$command" = "$last" ]; then
      if run "$name" "$@" >"$work/$name/log" 2>&1; then
        echo "error: $name passes '$command', and should not" >&2
        exit 1
      fi
      for text in "${texts[@]}"; do
        if ! grep -F -- "$text" "$work/$name/log"; then
          tail -n 40 "$work/$name/log" >&2
          echo "error: '$command' of $name does not say: $text" >&2
          exit 1
        fi
      done
      return
    fi
    run "$name" "$@" --quiet
  done
}

# A lock of one package: NAME VERSION INTEGRITY [RESOLVED]. It is optional if the variable says so.
optional=
package() {
  local from=${4-}
  cat >package-lock.json <<END
{"lockfileVersion": 3, "packages": {"": {"name": "app"},
  "node_modules/$1": {"version": "$2", "integrity": "$3"${optional:+, \"optional\": true}${from:+, \"resolved\": \"$from\"}}}}
END
  echo 'console.log("main")' >main.js
}

throws() { echo 'throw new Error("no such luck");' >main.js; }
exits() { echo 'import * as std from "qjs:std"; std.exit(0);' >main.js; }
first-throws() {
  mkdir init.d
  echo 'throw new Error("not first");' >init.d/10-first.js
  echo 'console.log("main: it runs all the same"); setInterval(() => {}, 1000);' >main.js
}
# The integrity of what is on standard input, as npm writes it.
integrity() {
  python3 -c 'import base64, hashlib, sys; print("sha512-" + base64.b64encode(hashlib.sha512(sys.stdin.buffer.read()).digest()).decode())'
}
# A digest that no archive has.
other-integrity() { package ms 2.1.3 "$(printf 'another archive' | integrity)"; }
git-dependency() { package ms 2.1.3 sha512-AA== 'git+ssh://git@git.example.org/ms.git#0123'; }
# It has a binding.gyp.
native() {
  package bufferutil 4.0.8 \
    sha512-4T53u4PdgsXqKaIctwF8ifXlRTTmEPJ8iEPWFdGZvcf7sbwYo6FKFEX9eNNAnzFZ7EzJAQ3CJeOtCRA4rDp7Pw==
}
optional-native() {
  optional=1 native
  echo 'import * as os from "qjs:os"; console.log("packages: " + os.stat("/app/node_modules/bufferutil")[1]); setInterval(() => {}, 1000);' >main.js
}

fails git-dependency lock 'comes from git'
fails other-integrity fetch 'ms-2.1.3.tgz: hash mismatch: expected sha512-'
fails native build 'bufferutil@4.0.8 has native code (binding.gyp)'
says optional-native 'packages: 2'
says throws 'no such luck' 'init: /app/main.js ended with status 1' 'It ended 5 times in a row right after its start, and is not started again.'
says exits 'init: /app/main.js ended with status 0' 'It is started again in 1 s.'
says first-throws 'not first' 'init: /etc/init.d/10-first.js ended with status 1' 'The start goes on without it.' 'main: it runs all the same'

runtime=nodejs-18-dynamic
# own NAME: the package with what is in the folder package, whose archive is made here.
own() {
  echo "{\"name\": \"$1\", \"version\": \"1.0.0\", \"license\": \"MIT\"}" >package/package.json
  tar -czf "$archives/$1-1.0.0.tgz" package
  rm -r package
  package "$1" 1.0.0 "$(integrity <"$archives/$1-1.0.0.tgz")"
}

# addon NAME CODE: one with an addon of this code in C.
addon() {
  mkdir package
  echo "{ \"targets\": [ { \"target_name\": \"$1\", \"sources\": [ \"addon.c\" ] } ] }" >package/binding.gyp
  printf '%s\n' '#include <node_api.h>' "$2" >package/addon.c
  own "$1"
}

no-library() { addon no-library '#include <curl/curl.h>'; }
no-symbol() {
  addon no-symbol 'int nobody_has_this(void);
NAPI_MODULE_INIT() { (void)env; return nobody_has_this() ? exports : NULL; }'
}
works() {
  addon works 'NAPI_MODULE_INIT() {
    napi_value number;
    return napi_create_int32(env, 42, &number) == napi_ok && napi_set_named_property(env, exports, "number", number) == napi_ok ? exports : NULL;
}'
  echo 'console.log("the addon says " + require("works/build/Release/works.node").number); setInterval(() => {}, 1000);' >main.js
}
# Another one can do without it, and it has two of them.
optional-addon() {
  mkdir -p package/inner
  for place in package package/inner; do
    echo '{ "targets": [ { "target_name": "one", "sources": [ "addon.c" ] } ] }' >"$place/binding.gyp"
    echo '#include <curl/curl.h>' >"$place/addon.c"
  done
  optional=1 own optional-addon
  echo 'console.log("packages: " + require("fs").existsSync("/app/node_modules/optional-addon")); setInterval(() => {}, 1000);' >main.js
}
# The file that its authors compiled is all that it has.
no-source() {
  mkdir package
  : >package/addon.node
  own no-source
}

# Node.js takes hours: these are for a store that has it. Machines of aarch64-linux do not build it for x86_64.
: >"$work/plan"
if [ "$(uname -m)" = x86_64 ]; then
  project works
  for command in lock generate; do run works "$command" --quiet; done
  run works plan --nodes --store >"$work/plan"
fi
programs=$(awk -F'\t' '$2 == "node" && $3 ~ /^nodejs-(dynamic-)?[0-9]/ && $5 == "present"' "$work/plan" | wc -l)
if [ "$programs" = 2 ]; then
  fails no-source build 'no-source@1.0.0 has a compiled addon (addon.node) and no binding.gyp to compile it from'
  fails no-library build 'curl/curl.h: No such file or directory' 'the native addon of no-library@1.0.0 cannot be built'
  fails no-symbol build 'nobody_has_this: symbol not found' 'cannot load the addon no-symbol.node of no-symbol@1.0.0'
  says works 'the addon says 42'
  says optional-addon 'packages: false'
else
  echo 'SKIPPED: native addons that cannot be built: the store lacks the static or the dynamic Node.js for x86_64'
fi
