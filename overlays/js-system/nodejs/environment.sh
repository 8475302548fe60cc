# shellcheck shell=bash disable=SC2154,SC2034 # the derivation's attributes arrive as variables, and other scripts use these
# What every part has to have in common: make builds a file again if its command has changed.

export CC=$target-gcc CXX=$target-g++ AR=$target-ar NM=$target-nm LINK=$target-g++
# The programs that write parts of V8 are for the same machine: it is of a kind that runs them.
export CC_host=$CC CXX_host=$CXX AR_host=$AR LINK_host=$LINK
# Paths of the build are not to stand in the program.
export CFLAGS="-g0 -ffile-prefix-map=$PWD=." CXXFLAGS="-g0 -ffile-prefix-map=$PWD=."
export PYTHONPATH=$PWD/tools/python PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0

# overlay PART...: lays parts over the source. Sources are older than the generated files of the first part, and those are not
# newer than others, so that neither make nor a generator takes a file for an old one.
overlay() {
  local part mark rules time=2
  find . -exec touch -h -d @1 {} +
  for part in "$@"; do
    cp -rP --no-preserve=ownership,timestamps "$part/." .
    # Files of the store cannot be written to.
    (cd "$part" && find . -print0) | xargs -0 chmod u+w
    (cd "$part" && find . -type f -print0) | xargs -0 touch -d "@$time"
    time=3
  done
  # A command that makes several files has a mark, for which make would run it again each time. What has run here needs no rule.
  for mark in out/Release/.deps/*.intermediate.d; do
    if [ ! -e "$mark" ]; then continue; fi
    mark=$(basename "$mark" .d)
    touch -d @2 "out/$mark"
    rules=$(grep -rl --include='*.mk' "^$mark: " out || true)
    if [ ! -f "$rules" ]; then
      echo "error: one makefile has the rule of $mark, and these were found: '$rules'" >&2
      return 1
    fi
    sed -i "/^$mark: /,/^\$/ { /^\t/d }" "$rules"
    touch -d @2 "$rules"
  done
  touch -d @4 "$NIX_BUILD_TOP/age"
}

# added: the files that were made since.
added() {
  find . -type f -newer "$NIX_BUILD_TOP/age" | LC_ALL=C sort
}

run_make() {
  make -C out BUILDTYPE=Release "SHELL=$SHELL" "-j$NIX_BUILD_CORES" "$@"
}
