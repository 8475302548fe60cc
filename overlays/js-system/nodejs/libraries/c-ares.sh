# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
./configure "--host=$target" --disable-shared --disable-tests "CFLAGS=${flags[*]}"
make -C src/lib "-j$NIX_BUILD_CORES" "SHELL=$SHELL"
cp src/lib/.libs/libcares.a "$lib/"
cp include/ares*.h "$include/"
