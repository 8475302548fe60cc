# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Lays out what files.nix describes: bin for PATH, share/crossloom for what variables name.

mkdir -p "$out/bin" "$out/share/crossloom"
mkdir work

# fill FROM TO: a file with every placeholder filled in.
fill() {
  sed -e "s|@toolchain@|$toolchain|g" -e "s|@target@|$target|g" -e "s|@targetVariable@|$targetVariable|g" \
    -e "s|@compiler@|$compiler|g" -e "s|@cell@|$cell|g" -e "s|@rust@|$rust|g" -e "s|@sysroot@|$sysroot|g" \
    -e "s|@cpu@|$cpu|g" -e "s|@uname@|$uname|g" -e "s|@system@|${target#*-}|g" -e "s|@family@|$family|g" -e "s|@endian@|$endian|g" -e "s|@qemu@|$qemu|g" \
    -e "s|@meson@|$meson|g" -e "s|@pkgConfig@|$pkgConfig|g" -e "s|@hostcc@|$hostcc|g" -e "s|@out@|$out|g" "$1" >"$2"
  if grep -nE '@[a-zA-Z]+@' "$2"; then
    echo "$1: a placeholder is left" >&2
    exit 1
  fi
}

# script NAME TO: a program.
script() {
  fill "$programs/$1.sh" work/script
  { echo "#!$shell" && cat work/script; } >"$out/bin/$2"
  chmod +x "$out/bin/$2"
}

script meson meson
fill "$share/enter.sh" "$out/share/crossloom/enter.sh"

if [ -n "$sysroot" ]; then
  script pkg-config "$target-pkg-config"
  script native native
  for file in toolchain.cmake native.cmake cross.ini config.site; do fill "$share/$file" "$out/share/crossloom/$file"; done
  if [ -n "$qemu" ]; then
    script run "$target-run"
    echo "set(CMAKE_CROSSCOMPILING_EMULATOR \"$out/bin/$target-run\")" >>"$out/share/crossloom/toolchain.cmake"
    sed -i "/^\[properties\]/i exe_wrapper = '$out/bin/$target-run'\\n" "$out/share/crossloom/cross.ini"
  fi
  # Rust's std asks for the unwinder of LLVM by name. GCC's has the same functions.
  mkdir "$out/lib"
  echo 'GROUP ( -lgcc_eh -lgcc -lc )' >"$out/lib/libunwind.a"
fi
