#!/usr/bin/env bash
# Systems with something wrong in them: failing-systems.sh CROSSLOOM. Each has to end in a message that says what is wrong, of
# crossloom, of the build, or on the console of a machine that goes on running.
set -euo pipefail

crossloom=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

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
systems = ["x86_64-linux", "aarch64-linux"]
[sources]
prefer = ["debian", "upstream"]
[js-system]
targets = ["x86_64"]
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
  for command in lock generate fetch; do run "$1" "$command" --quiet; done
  run "$1" build --no-out-link boot-js-system-x86_64 >/dev/null
  printf '%s: the console says so\n' "$1"
}

# fails NAME COMMAND TEXT: the last command of lock, generate, fetch and build that is run fails, and says the text.
fails() {
  local name=$1 last=$2 text=$3 command
  project "$name"
  for command in lock generate fetch build; do
    set -- "$command"
    if [ "$command" = build ]; then set -- build --no-out-link js-system-x86_64; fi
    if [ "$command" = "$last" ]; then
      if run "$name" "$@" >"$work/$name/log" 2>&1; then
        echo "error: $name passes '$command', and should not" >&2
        exit 1
      fi
      if ! grep -F -- "$text" "$work/$name/log"; then
        tail -n 40 "$work/$name/log" >&2
        echo "error: '$command' of $name does not say: $text" >&2
        exit 1
      fi
      return
    fi
    run "$name" "$@" --quiet
  done
}

# A lock of one package: NAME VERSION INTEGRITY [RESOLVED].
package() {
  local from=${4-}
  cat >package-lock.json <<END
{"lockfileVersion": 3, "packages": {"": {"name": "app"},
  "node_modules/$1": {"version": "$2", "integrity": "$3"${from:+, \"resolved\": \"$from\"}}}}
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
# A digest that no archive has.
other-integrity() {
  package ms 2.1.3 "sha512-$(python3 -c 'import base64, hashlib; print(base64.b64encode(hashlib.sha512(b"another archive").digest()).decode())')"
}
git-dependency() { package ms 2.1.3 sha512-AA== 'git+ssh://git@git.example.org/ms.git#0123'; }
# It has a binding.gyp.
native() {
  package bufferutil 4.0.8 \
    sha512-4T53u4PdgsXqKaIctwF8ifXlRTTmEPJ8iEPWFdGZvcf7sbwYo6FKFEX9eNNAnzFZ7EzJAQ3CJeOtCRA4rDp7Pw==
}

fails git-dependency lock 'comes from git'
fails other-integrity fetch 'ms-2.1.3.tgz: hash mismatch: expected sha512-'
fails native build 'bufferutil@4.0.8 has native code (binding.gyp)'
says throws 'no such luck' 'init: /app/main.js ended with status 1' 'It ended 5 times in a row right after its start, and is not started again.'
says exits 'init: /app/main.js ended with status 0' 'It is started again in 1 s.'
says first-throws 'not first' 'init: /etc/init.d/10-first.js ended with status 1' 'The start goes on without it.' 'main: it runs all the same'
