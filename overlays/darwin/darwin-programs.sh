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

# with_cmake FOLDER OPTION…: builds with CMake, and installs into FOLDER/root.
with_cmake() {
  local to=$top/$1
  shift
  cmake -S "$top/source" -B "$to" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$toolchain/share/crossloom/toolchain.cmake" \
    -DCMAKE_INSTALL_PREFIX="$to/root" -DCXX_PROGRAM="${cxx:-0}" "$@" >"$to.log" || { cat "$to.log"; exit 1; }
  cmake --build "$to" >"$to.log" || { cat "$to.log"; exit 1; }
  cmake --install "$to" >/dev/null
}
with_cmake cmake
with_cmake optimised -DLIBRARY=STATIC -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON
with_cmake universal -DLIBRARY=STATIC -DCMAKE_OSX_ARCHITECTURES="x86_64;arm64"

meson setup "$top/meson" "$top/source" --cross-file "$toolchain/share/crossloom/cross.ini" \
  --prefix "$top/meson/root" -Dcxx="$([ -n "$cxx" ] && echo true || echo false)" >"$top/meson.log" || {
  cat "$top/meson.log"
  exit 1
}
ninja -C "$top/meson" install >/dev/null

cd "$top" || exit
for system in autotools cmake optimised meson; do
  for program in hello-c ${cxx:+hello-cxx}; do
    expect "$system/root/bin/$program" "$arch"
  done
done
expect cmake/root/lib/libgreeting.dylib "$arch"
if [ -n "$cxx" ]; then
  expect autotools/root/lib/libshout.1.dylib "$arch"
  look autotools/root/lib/libshout.1.dylib
fi
look optimised/root/bin/* autotools/root/bin/* meson/root/bin/*
look --library cmake/root/lib/libgreeting.dylib cmake/root/lib/libgreeting.dylib cmake/root/bin/*

# One call for both processors, and one program taken out of two again.
universal=(-arch x86_64 -arch arm64 -O2 "-mmacos-version-min=$minimum")
"$target-clang" "${universal[@]}" source/greeting.c source/hello.c -o universal-c
for program in hello-c ${cxx:+hello-cxx}; do expect "universal/root/bin/$program" arm64 x86_64; done
look universal/root/bin/*
programs=(universal-c)
# A static library, as autotools and as Meson write it.
"$target-clang" "${universal[@]}" -c source/greeting.c -o greeting.o
for options in cr crs; do
  rm -f libgreeting.a
  "$target-ar" "$options" libgreeting.a greeting.o
  if [ "$options" = cr ]; then "$target-ranlib" -c libgreeting.a; fi
  # A second time it is an index already.
  "$target-ranlib" libgreeting.a
  expect libgreeting.a arm64 x86_64
  "$target-clang" "${universal[@]}" source/hello.c libgreeting.a -o "universal-$options"
  programs+=("universal-$options")
done
if [ -n "$cxx" ]; then
  "$target-clang++" "${universal[@]}" -std=c++17 source/hello.cc greeting.o -o universal-cxx
  programs+=(universal-cxx)
fi
for program in "${programs[@]}"; do
  expect "$program" arm64 x86_64
  look "$program"
  "$target-lipo" "$program" -thin "$arch" -output "thin-$program"
  expect "thin-$program" "$arch"
done
