# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
include=$out/deps/libraries/include lib=$out/deps/libraries/lib
mkdir -p "$include" "$lib"

# library NAME SOURCE...: makes an archive of some sources, compiled with the words in `flags`, which are those of Node.js' build.
flags=(-O3 -fno-omit-frame-pointer)
library() {
  make -f "$makefile" "-j$NIX_BUILD_CORES" "SHELL=$SHELL" "TARGET=$target" "NAME=$1" "SOURCES=${*:2}" "FLAGS=${flags[*]}"
  cp "lib$1.a" "$lib/"
}

