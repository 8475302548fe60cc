# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
top=$PWD
cp -r "$programs" source
chmod -R u+w source

# expect FILE ARCH…: a Mach-O file of just these processors, sound, that imports nothing the SDK lacks.
expect() {
  local path=$1 found
  shift
  file -b "$path" | head -n 1 | sed "s|^|${path#"$top/"}: |" | tee -a "$out/output"
  found=$("$target-lipo" -archs "$path" | xargs -n 1 | sort | xargs)
  [ "$found" = "$*" ] || { echo "$path is for '$found', not for '$*'" >&2; return 1; }
}

# look FILE…: the structure, with the libraries that the build made beside the SDK's.
look() {
  static-macho check --sdk "$toolchain/sdk" --minimum "$minimum" "$@" | tee -a "$out/output"
}

no_cxx=()
[ -n "$cxx" ] || no_cxx=(--disable-cxx)
cd "$top/source" || exit
autoreconf -fi >/dev/null
mkdir "$top/autotools" && cd "$top/autotools" || exit
"$top/source/configure" --host="$target" "${no_cxx[@]}" CC="$target-clang" CXX="$target-clang++" \
  --prefix="$top/autotools/root" >log || { cat log; exit 1; }
make -s install >/dev/null

cmake -S "$top/source" -B "$top/cmake" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$toolchain/share/crossloom/toolchain.cmake" \
  -DCMAKE_INSTALL_PREFIX="$top/cmake/root" -DCXX_PROGRAM="${cxx:-0}" >"$top/cmake.log" || { cat "$top/cmake.log"; exit 1; }
cmake --build "$top/cmake" >/dev/null
cmake --install "$top/cmake" >/dev/null

meson setup "$top/meson" "$top/source" --cross-file "$toolchain/share/crossloom/cross.ini" \
  --prefix "$top/meson/root" -Dcxx="$([ -n "$cxx" ] && echo true || echo false)" >"$top/meson.log" || {
  cat "$top/meson.log"
  exit 1
}
ninja -C "$top/meson" install >/dev/null

cd "$top" || exit
for system in autotools cmake meson; do
  for program in hello-c ${cxx:+hello-cxx}; do
    expect "$system/root/bin/$program" "$arch"
  done
done
expect cmake/root/lib/libgreeting.dylib "$arch"
look autotools/root/bin/* meson/root/bin/*
look --library cmake/root/lib/libgreeting.dylib cmake/root/lib/libgreeting.dylib cmake/root/bin/*

# One call for both processors, and one program taken out of two again.
universal=(-arch x86_64 -arch arm64 -O2 "-mmacos-version-min=$minimum")
"$target-clang" "${universal[@]}" source/greeting.c source/hello.c -o universal-c
programs=(universal-c)
if [ -n "$cxx" ]; then
  "$target-clang" "${universal[@]}" -c source/greeting.c -o greeting.o
  "$target-clang++" "${universal[@]}" -std=c++17 source/hello.cc greeting.o -o universal-cxx
  programs+=(universal-cxx)
fi
for program in "${programs[@]}"; do
  expect "$program" arm64 x86_64
  look "$program"
  "$target-lipo" "$program" -thin "$arch" -output "thin-$program"
  expect "thin-$program" "$arch"
done
