#!/usr/bin/env bash
# The same toolchain with plain make and the machine's own compiler, outside Nix: what crossloom's build is timed
# against.
#   by-hand.sh CACHE TARGET WORK      CACHE holds the fetched sources (crossloom fetch --to CACHE)
# Prints the seconds of each part. Needs g++, make, bison, flex, m4, xz.
set -euo pipefail

cache=$(realpath "$1")
target=$2
work=$3
mkdir -p "$work"
work=$(realpath "$work")
prefix=$work/out
jobs=-j$(nproc)
export PATH=$prefix/bin:$PATH MAKEFLAGS=
march=${target%%-*}
case $march in i?86) march=i386 ;; esac

unpack() {
  mkdir -p "$work/$1"
  tar -xf "$cache/$2" -C "$work/$1" --strip-components=1
}

# part NAME COMMAND…: runs it with its output in a log, and prints its seconds.
part() {
  local name=$1 started=$SECONDS
  shift
  # In a subshell of its own, and not as a condition: only so does it stop at the first command that fails.
  local status=0
  set +e
  (
    set -e
    "$@"
  ) >"$work/$name.log" 2>&1
  status=$?
  set -e
  if [ "$status" != 0 ]; then
    tail -n 20 "$work/$name.log" >&2
    exit 1
  fi
  echo "$name: $((SECONDS - started)) s"
}

sources() {
  unpack binutils binutils_2.44.orig.tar.xz
  unpack nested gcc-14_14.2.0.orig.tar.gz
  mkdir -p "$work/gcc"
  tar -xf "$work"/nested/gcc-*-dfsg.tar.xz -C "$work/gcc" --strip-components=1
  unpack musl musl-1.2.5.tar.gz
  unpack gcc/gmp gmp_6.3.0+dfsg.orig.tar.xz
  unpack gcc/mpfr mpfr-4.2.2.tar.xz
  unpack gcc/mpc mpc-1.3.1.tar.gz
  mkdir -p "$work/gcc/gmp/doc"
  printf 'all install check install-strip:\n' >"$work/gcc/gmp/doc/Makefile.in"
  # shellcheck disable=SC2016 # make's variable, not the shell's
  sed -i '/^s-tm-texi: build.genhooks/,/^$/c s-tm-texi:\n\t$(STAMP) $@\n' "$work/gcc/gcc/Makefile.in"
}

binutils() {
  mkdir -p "$work/build-binutils"
  cd "$work/build-binutils"
  ../binutils/configure --prefix="$prefix" --target="$target" --with-sysroot="$prefix/$target" --disable-multilib \
    --disable-werror --disable-nls --disable-gprofng --enable-deterministic-archives CFLAGS=-O2 CXXFLAGS=-O2
  make "$jobs" MAKEINFO=true
  make install-strip MAKEINFO=true
}

headers() {
  make -C "$work/musl" ARCH="$march" prefix= DESTDIR="$prefix/$target" install-headers
}

gcc() {
  mkdir -p "$work/build-gcc"
  cd "$work/build-gcc"
  ../gcc/configure --prefix="$prefix" --target="$target" --with-sysroot="$prefix/$target" \
    --with-native-system-header-dir=/include --enable-languages=c,c++ --disable-bootstrap --disable-multilib \
    --disable-nls --disable-werror --enable-checking=release --disable-plugin --disable-libcc1 --disable-libsanitizer \
    --disable-libssp --without-isl --without-zstd CFLAGS=-O2 CXXFLAGS=-O2
  make "$jobs" all-gcc MAKEINFO=true
  make install-strip-gcc install-lto-plugin MAKEINFO=true
}

libgcc() {
  cd "$work/build-gcc"
  make "$jobs" all-target-libgcc enable_shared=no
  make install-target-libgcc enable_shared=no
}

musl() {
  cd "$work/musl"
  ./configure --target="$target" --prefix= --syslibdir=/lib CROSS_COMPILE="$target-" CC="$target-gcc"
  make "$jobs"
  make DESTDIR="$prefix/$target" install
}

# libgcc once more, now with the shared library that it could not link before there was a libc.
libraries() {
  cd "$work/build-gcc"
  make -C "$target/libgcc" distclean
  make "$jobs" all-target-libgcc all-target-libstdc++-v3
  make install-target-libgcc install-target-libstdc++-v3
}

started=$SECONDS
part unpack sources
part binutils binutils
part headers headers
part gcc gcc
part libgcc libgcc
part musl musl
part libraries libraries
echo "total: $((SECONDS - started)) s"
printf '#include <iostream>\nint main() { std::cout << "by hand\\n"; }\n' >"$work/hello.cc"
"$target-g++" -O2 -static "$work/hello.cc" -o "$work/hello"
"$work/hello"
