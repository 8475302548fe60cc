# shellcheck shell=bash
# Runs in a development shell, and says what a user would say there: inside.sh TARGET PROJECT. The folder it runs in is its own.
set -euo pipefail
target=$1
project=$2
# shellcheck source-path=SCRIPTDIR
source "$project/common.sh"

words=$(words_of "$target")

# Nothing here runs programs of a Mac; QEMU those of every other target above.
runs=
[[ $target == *-apple-darwin* ]] || runs=$(type -P "$target-run")

# expect TEXT PROGRAM: a program of the target, which says this when it runs.
expect() {
  local kind said
  kind=$(file -b "$2" | head -n 1)
  echo "  $2: ${kind%%, dynamically*}"
  grep -qE "$words" <<<"$kind" || { echo "$2 is not for $target" >&2; return 1; }
  if [ -z "$runs" ]; then return; fi
  said=$("$target-run" "$2")
  echo "    $said"
  [ "$said" = "$1" ] || { echo "$2 should have said: $1" >&2; return 1; }
}

for name in CC CXX AR NM RANLIB STRIP OBJCOPY LD; do
  type -P "${!name}" >/dev/null || { echo "$name=${!name:-} is no program" >&2; exit 1; }
done
if "$PKG_CONFIG" --exists foreign || pkg-config --exists foreign; then
  echo "pkg-config finds a package of the build machine's" >&2
  exit 1
fi

# Packages that somebody names inside are the target's.
mkdir -p own/lib/pkgconfig own/include
# shellcheck disable=SC2016 # pkg-config expands it
printf 'prefix=%s\nName: own\nDescription: mine\nVersion: 1\nCflags: -I${prefix}/include\n' "$PWD/own" >own/lib/pkgconfig/own.pc
# shellcheck disable=SC2016 # here, too
printf 'prefix=%s\nName: root\nDescription: beside the C library\nVersion: 1\nCflags: -I${prefix}/include\nLibs: -L${prefix}/lib -lm\n' \
  "${PKG_CONFIG_LIBDIR%%/lib/pkgconfig*}" >own/lib/pkgconfig/root.pc
# flags TEXT ARGUMENT…: what pkg-config prints.
flags() {
  local text=$1 said
  shift
  read -r said < <(PKG_CONFIG_PATH=$PWD/own/lib/pkgconfig "$PKG_CONFIG" "$@")
  [ "$said" = "$text" ] || { echo "pkg-config $* prints '$said' and not '$text'" >&2; return 1; }
}
flags "-I$PWD/own/include" --cflags own
# What the compiler looks through by itself is no flag.
case $target in *-linux-*) flags -lm --cflags --libs root ;; esac
touch own/include/own.h
printf 'cmake_minimum_required(VERSION 3.21)\nproject(own C)\nfind_path(OWN own.h REQUIRED)\nfind_package(PkgConfig REQUIRED)\npkg_check_modules(P REQUIRED own)\n' \
  >own/CMakeLists.txt
quietly cmake -S own -B own/flag -DCMAKE_PREFIX_PATH="$PWD/own"
CMAKE_PREFIX_PATH=$PWD/own quietly cmake -S own -B own/variable
# Meson finds packages of CMake through CMake: the target's.
mkdir -p own/lib/cmake/alone own/meson
echo 'add_library(alone::alone INTERFACE IMPORTED)' >own/lib/cmake/alone/aloneConfig.cmake
printf "project('own', 'c')\ndependency('alone', method: 'cmake', modules: 'alone::alone')\n" >own/meson/meson.build
CMAKE_PREFIX_PATH=$PWD/own quietly meson setup own/meson own/meson-build

# Scripts that packages install run where this store is not. Text and dates are those of whoever works here.
[ "${CONFIG_SHELL:-}" = /bin/sh ] || { echo "CONFIG_SHELL is ${CONFIG_SHELL:-} and not /bin/sh" >&2; exit 1; }
[ "${LC_ALL:-}:${SOURCE_DATE_EPOCH:-}" = C.UTF-8:1700000000 ] || { echo 'the shell sets LC_ALL or SOURCE_DATE_EPOCH' >&2; exit 1; }

echo '$ cmake .. && cmake --build .'
mkdir cmake && cd cmake
quietly cmake "$project"
quietly cmake --build .
if [ -n "$runs" ]; then quietly ctest; fi
cd ..
programs cmake

echo '$ meson setup build && ninja -C build'
quietly meson setup meson "$project"
# As Meson remembers it, with and without what the shell says.
quietly meson setup --wipe meson "$project"
quietly env -u MESON_CROSS_FILE meson setup --reconfigure meson "$project"
quietly ninja -C meson
quietly meson test -C meson
programs meson

echo "\$ ./configure --host=$target && make"
cp -r "$project" autotools
chmod -R u+w autotools
cd autotools
quietly autoreconf -fi
cp -r . ../found
cp -r . ../vendor
quietly ./configure --host="$target"
logs=(config.log)
case $target in
x86_64-linux-musl | i?86-linux-musl)
  # This machine's kernel runs static programs of these targets, so a script that is told nothing can find out.
  (cd ../found && CONFIG_SITE=/dev/null quietly ./configure --build="$target" CC="$CC -static" CXX="$CXX -static")
  logs+=(../found/config.log)
  ;;
esac
[[ $target != *-linux-* ]] || answers "${logs[@]}"
# A vendor in the name makes no other machine of it.
if [[ $target == *-linux-* ]]; then
  (cd ../vendor && quietly ./configure --host="${target%%-*}-vendor-${target#*-}")
  answers ../vendor/config.log
fi
quietly make
cd ..
programs autotools

# counts BUILD COMMAND…: what a build for this machine gave, which the command prints, is right.
counts() {
  local said
  said=$("${@:2}")
  [ "$said" = 'C counts to 55' ] || { echo "the build $1 gave a program for this machine that says '$said'" >&2; return 1; }
}

# What the shell must leave alone: builds for this machine, by those who ask for them.
quietly env -u MESON_CROSS_FILE -u CC -u CXX -u AR -u PKG_CONFIG meson setup native "$project"
quietly ninja -C native tally-c
counts native native/tally-c
native meson setup native-again "$project" >/dev/null
quietly ninja -C native-again tally-c
counts native-again native-again/tally-c
# A CMake inside a CMake, which has CC from the outer one.
quietly cmake -S "$project/nested" -B nested
counts nested cat nested/said

# What bindgen tells its clang, so that it reads the target's headers and not the build machine's.
if [ -n "${CARGO_BUILD_TARGET:-}" ] && [[ $target == *-linux-* ]]; then
  arguments=BINDGEN_EXTRA_CLANG_ARGS_${CARGO_BUILD_TARGET//-/_}
  root=$(realpath "$("$CC" -print-sysroot)")
  [ "${!arguments}" = "--target=$target --sysroot=$root" ] || { echo "$arguments is ${!arguments}" >&2; exit 1; }
fi

if [ -z "${CARGO_BUILD_TARGET:-}" ]; then
  echo "SKIPPED: cargo: rustc has no such target as $target"
elif ! type -P cargo >/dev/null; then
  echo 'SKIPPED: cargo: there is none on PATH'
else
  sysroot=$("${RUSTC:-rustc}" --print sysroot)
  if [ -d "$sysroot/lib/rustlib/$CARGO_BUILD_TARGET/lib" ]; then
    std=installed
  elif [ -e "$sysroot/lib/rustlib/src/rust/library/Cargo.toml" ]; then
    std='built from its source'
    export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_unwind
  else
    std=
  fi
  if [ -z "$std" ]; then
    echo "SKIPPED: cargo: $sysroot has no standard library for $CARGO_BUILD_TARGET, nor its source to build it from"
  else
    echo "\$ cargo build --target $CARGO_BUILD_TARGET    # std: $std"
    export CARGO_TARGET_DIR=$PWD/cargo
    quietly cargo build --locked --target "$CARGO_BUILD_TARGET" --manifest-path "$project/rust/Cargo.toml"
    expect 'Rust counts to 55, thrown' "cargo/$CARGO_BUILD_TARGET/debug/tally-rust"
    if [ -n "$runs" ]; then
      quietly cargo run --locked --manifest-path "$project/rust/Cargo.toml"
    fi
  fi
fi
