#!/usr/bin/env bash
# Builds projects with the files of an unpacked archive: use.sh TOOLS TARGET PROJECT WORK [SOURCES]. In SOURCES there may be
# unpacked sources of real programs, by name: zstd is built with its CMake files, hello with its configure script. Everything
# is done in the folder WORK.
# shellcheck disable=SC2016 # what users would type is printed as it is, and inner shells expand the rest
set -euo pipefail
tools=$(realpath "$1") target=$2 project=$(realpath "$3") work=$(realpath "$4") sources=${5:+$(realpath "$5")}
files=$tools/share/crossloom
cd "$work"
# shellcheck source=checks/shells/common.sh
source "$project/common.sh"
words=$(words_of "$target")

emulator=${target%%-*}
case $emulator in
i?86) emulator=i386 ;;
arm*) emulator=arm ;;
powerpc*) emulator=ppc${emulator#powerpc} ;;
esac
# A machine of the target's own kind has no musl to load programs with: the archive's loader does that.
run=("$tools/$target/lib/libc.so" --library-path "$tools/$target/lib")
if [ "${target%%-*}" != "$(uname -m)" ]; then
  run=("$(type -P "qemu-$emulator" || type -P "qemu-$emulator-static")" -L "$tools/$target")
fi


# expect TEXT PROGRAM ARG…
expect() {
  local text=$1 kind said
  shift
  kind=$(file -b "$1")
  grep -qE "$words" <<<"$kind" || { echo "$1 is not for $target: $kind" >&2; return 1; }
  case $kind in
  *'statically linked'*) if [ "${target%%-*}" = "$(uname -m)" ]; then said=$("$@"); else said=$("${run[@]}" "$@"); fi ;;
  *) said=$("${run[@]}" "$@") ;;
  esac
  grep -qF -- "$text" <<<"$said" || { echo "$1 said $said, and not: $text" >&2; return 1; }
  echo "  $1: ${kind%%, dynamically*}: ${said%%$'\n'*}"
}

echo '$ cmake -DCMAKE_TOOLCHAIN_FILE=…/toolchain.cmake'
quietly cmake -S "$project" -B cmake -DCMAKE_TOOLCHAIN_FILE="$files/toolchain.cmake"
quietly cmake --build cmake
programs cmake
quietly cmake -S "$project" -B cmake-lto -DCMAKE_TOOLCHAIN_FILE="$files/toolchain.cmake" -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON
quietly cmake --build cmake-lto --verbose
grep -q -- '-flto' log
programs cmake-lto
if [ -n "$sources" ] && [ -d "$sources/zstd" ]; then
  quietly cmake -S "$sources/zstd/build/cmake" -B zstd -DCMAKE_TOOLCHAIN_FILE="$files/toolchain.cmake" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_POLICY_VERSION_MINIMUM=3.5
  quietly cmake --build zstd --target zstd
  expect 'Zstandard CLI' zstd/programs/zstd --version
  cp "$project/main.c" text
  "${run[@]}" zstd/programs/zstd -q text -o text.zst
  "${run[@]}" zstd/programs/zstd -q -d text.zst -o back
  cmp text back
fi

echo '$ meson setup --cross-file …/cross.ini'
version=$(meson --version)
if ! printf '1.3\n%s\n' "$version" | sort -VC; then
  echo "error: this machine's Meson is $version, and the archive's file needs 1.3 or newer: install one, with pip for example" >&2
  exit 1
fi
quietly meson setup --cross-file "$files/cross.ini" meson "$project"
quietly ninja -C meson
programs meson

echo '$ . …/env.sh && ./configure --host='"$target"
# configured COMMAND…: with the variables of env.sh, in a shell that had none.
configured() {
  env -i HOME="$work" PATH="$PATH" TOOLS="$tools" bash -euc '. "$TOOLS/env.sh"; "$@"' bash "$@"
}
if type -P autoreconf >/dev/null; then
  cp -r "$project" autotools
  chmod -R u+w autotools
  (
    cd autotools
    quietly autoreconf -fi
    quietly configured ./configure --host="$target"
    answers config.log
    quietly configured make
  )
  programs autotools
else
  echo 'SKIPPED: the configure script of checks/shells: this machine has no autoreconf'
fi
if [ -n "$sources" ] && [ -d "$sources/hello" ]; then
  mkdir hello
  (
    cd hello
    quietly configured "$sources/hello/configure" --host="$target"
    quietly configured make
  )
  expect 'Hello, world!' hello/hello
fi
# A CMake inside a CMake builds for this machine.
quietly configured cmake -S "$project/nested" -B nested
[ "$(<nested/said)" = 'C counts to 55' ]
# Another shell is told where the file is, or says what it lacks.
[ "$(env -i PATH="$PATH" CROSSLOOM_TOOLCHAIN="$tools" sh -euc '. "$CROSSLOOM_TOOLCHAIN/env.sh"; "$CC" -dumpmachine')" = "$target" ]
if env -i PATH="$PATH" TOOLS="$tools" dash -c '. "$TOOLS/env.sh"' 2>said; then
  echo 'error: env.sh ended well in dash, which does not tell it where it is' >&2
  exit 1
fi
grep -q 'set CROSSLOOM_TOOLCHAIN' said

rust=$(sed -n 's/^\[target\.\(.*\)\]$/\1/p' "$tools/cargo/config.toml")
sysroot=$("${RUSTC:-rustc}" --print sysroot)
if [ ! -d "$sysroot/lib/rustlib/$rust/lib" ]; then
  if [ ! -e "$sysroot/lib/rustlib/src/rust/library/Cargo.toml" ]; then
    echo "SKIPPED: cargo: $sysroot has no standard library for $rust, nor its source to build it from"
    exit
  fi
  export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_unwind
fi
echo '$ cargo build --config …/cargo/config.toml --target '"$rust"
export CARGO_TARGET_DIR=$PWD/rust
quietly cargo build --locked --config "$tools/cargo/config.toml" --target "$rust" --manifest-path "$project/rust/Cargo.toml"
expect 'Rust counts to 55, thrown' "rust/$rust/debug/tally-rust"
# A shared library, whose C library is the program's own.
quietly cargo rustc --config "$tools/cargo/config.toml" --config "target.$rust.rustflags = ['-Ctarget-feature=-crt-static']" \
  --target "$rust" --manifest-path "$project/rust-library/Cargo.toml"
printf '%s\n' '#include <stdio.h>' 'int answer(void);' 'int main(void) { return printf("answer %d", answer()) < 0; }' >asks.c
"$tools/bin/$target-gcc" asks.c -L"rust/$rust/debug" -lanswer -Wl,-rpath,"$PWD/rust/$rust/debug" -o asks
expect 'answer 42' asks
