# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Lays out a toolchain for one Apple target; see darwin-cc.nix for what the variables are.

mkdir -p "$out/bin" "$out/libexec" "$out/lib/clang"

# clang's own headers, and beside them the builtins of the target: one resource directory.
resources=$out/lib/clang/${version%%.*}
mkdir -p "$resources"
ln -s "$clangLib/lib/clang/${version%%.*}/include" "$resources/include"
[ -d "$resources/include/" ] || { echo "clang's headers are not in $clangLib" >&2; exit 1; }
if [ -n "$compilerRt" ]; then
  mkdir -p "$resources/lib/darwin"
  for part in $compilerRt; do ln -s "$part"/lib/darwin/* "$resources/lib/darwin/"; done
fi

# The SDK, or where libraries join it a tree of links to it and to them.
sdk=$baseSdk
# Which C++ library a program gets that asks for none: the system's, by the SDK's own stub or by ours, or the static one.
cxxLibrary=
if [ -n "$libcxx$systemStubs" ]; then
  sdk=$out/sdk
  mkdir -p "$sdk/usr/include" "$sdk/usr/lib"
  for entry in "$baseSdk"/*; do [ "${entry##*/}" = usr ] || ln -s "$entry" "$sdk/"; done
  for entry in "$baseSdk"/usr/*; do
    case ${entry##*/} in include | lib) ;; *) ln -s "$entry" "$sdk/usr/" ;; esac
  done
  ln -s "$baseSdk"/usr/include/* "$sdk/usr/include/"
  ln -s "$baseSdk"/usr/lib/* "$sdk/usr/lib/"
  if [ -n "$systemStubs" ]; then
    for stub in "$systemStubs"/lib/*; do [ -e "$sdk/usr/lib/${stub##*/}" ] || ln -s "$stub" "$sdk/usr/lib/"; done
    if [ ! -e "$sdk/System" ]; then
      mkdir -p "$sdk/System/Library"
      ln -s "$systemStubs/Frameworks" "$sdk/System/Library/Frameworks"
    fi
  fi
fi
if [ -n "$libcxx" ]; then
  # Headers and stub are of one origin: the SDK's own, where it has both.
  if [ ! -e "$baseSdk/usr/lib/libc++.tbd" ] || [ ! -e "$baseSdk/usr/include/c++/v1/__config" ]; then
    rm -rf "$sdk/usr/include/c++"
    ln -s "$libcxx/include/c++" "$sdk/usr/include/"
    if [ -n "$libcxxStub" ]; then
      for stub in "$libcxxStub"/lib/*; do ln -sfn "$stub" "$sdk/usr/lib/"; done
    fi
  fi
  ln -sfn "$libcxx/lib/libc++experimental.a" "$sdk/usr/lib/"
  cxxLibrary=$cxxDefault
  if [ ! -e "$sdk/usr/lib/libc++.tbd" ]; then cxxLibrary=static; fi
fi

# What clang itself calls, found by -B before anything on PATH.
if [ -n "$cctools" ]; then
  linker=ld
  for tool in ld as lipo; do ln -s "$cctools/bin/$target-$tool" "$out/libexec/$tool"; done
  # clang decides by this number which switches the linker knows.
  linkerVersion=$("$cctools/bin/$target-ld" -v 2>&1 | sed -n -E 's/.*PROJECT:ld64-([0-9]+).*/\1/p' | head -n 1)
  [ -n "$linkerVersion" ] || { echo "$cctools: its linker does not say its version" >&2; exit 1; }
  link="-mlinker-version=$linkerVersion -B$out/libexec"
else
  linker=lld
  # The script, so that `clang -static` gets what `ld -static` gives.
  ln -s "$out/bin/$target-ld" "$out/libexec/ld64.lld"
  ln -s "$llvm/bin/llvm-lipo" "$out/libexec/lipo"
  # Not --ld-path: with it clang falls back to switches that LLVM's linker refuses.
  link="-fuse-ld=lld -B$out/libexec"
fi
ln -s "$llvm/bin/dsymutil" "$out/libexec/dsymutil"

# fill FROM TO [DRIVER]: a file with every placeholder filled in.
fill() {
  sed -e "s|@clang@|$clang|g" -e "s|@driver@|${3:-clang}|g" -e "s|@target@|$target|g" \
    -e "s|@sdk@|$sdk|g" -e "s|@resources@|$resources|g" -e "s|@link@|$link|g" -e "s|@lld@|$lld|g" \
    -e "s|@staticMacho@|$staticMacho|g" -e "s|@arch@|$arch|g" -e "s|@minimum@|$minimum|g" -e "s|@build@|$build|g" \
    -e "s|@targetVariable@|$targetVariable|g" -e "s|@pkgConfig@|$pkgConfig|g" -e "s|@out@|$out|g" \
    -e "s|@darwin@|$darwin|g" -e "s|@mesonCpu@|$mesonCpu|g" -e "s|@llvm@|$llvm|g" \
    -e "s|@libcxx@|$libcxx|g" -e "s|@cxxLibrary@|$cxxLibrary|g" -e "s|@sysroot@|\${SDKROOT:-$sdk}/usr|g" \
    -e "s|@rustVariable@|${mesonCpu}_apple_darwin|g" "$1" >"$2"
  if grep -nE '@[a-zA-Z]+@' "$2"; then
    echo "$1: a placeholder is left" >&2
    exit 1
  fi
}

# script FROM NAME [DRIVER]: FROM is one of the scripts here, or a file.
script() {
  local from=$scripts/$1.sh
  if [ "${1#/}" != "$1" ]; then from=$1; fi
  fill "$from" "$out/bin/$2" "${3:-clang}"
  sed -i "1s|.*|#!$shell|" "$out/bin/$2"
  chmod +x "$out/bin/$2"
}

# osxcross's short names.
case $arch in
x86_64) short=o64 mesonCpu=x86_64 ;;
arm64) short=oa64 mesonCpu=aarch64 ;;
*) echo "no short name for $arch" >&2; exit 1 ;;
esac
for name in "$target-clang" "$target-cc" "$short-clang"; do script clang "$name" clang; done
for name in "$target-clang++" "$target-c++" "$short-clang++"; do script clang "$name" clang++; done
script "$pkgConfigScript" "$target-pkg-config"
for name in xcrun sw_vers xcodebuild xcode-select native; do script "$name" "$name"; done

if [ "$linker" = ld ]; then
  for tool in ld as ar ranlib nm strip lipo otool install_name_tool libtool size strings codesign_allocate segedit; do
    if [ -e "$cctools/bin/$target-$tool" ]; then ln -s "$cctools/bin/$target-$tool" "$out/bin/$target-$tool"; fi
  done
else
  for tool in ar as ld libtool ranlib strip; do script "$tool" "$target-$tool"; done
  # Each of LLVM's programs is many, and goes by the end of its name.
  for tool in nm lipo otool size strings; do ln -s "$llvm/bin/llvm-$tool" "$out/bin/$target-$tool"; done
  ln -s "$llvm/bin/llvm-install-name-tool" "$out/bin/$target-install_name_tool"
fi
for tool in objdump objcopy readobj; do ln -s "$llvm/bin/llvm-$tool" "$out/bin/$target-$tool"; done
ln -s "$llvm/bin/dsymutil" "$out/bin/$target-dsymutil"

# The same by Apple's names, which rustc and some build systems call. A folder of their own: on PATH they also stand in for
# the build machine's strip and nm, whose files they read, too.
mkdir "$out/libexec/apple"
for tool in dsymutil install_name_tool lipo nm otool strip; do ln -s "$out/bin/$target-$tool" "$out/libexec/apple/$tool"; done
# rustc strips programs for a Mac by a program that not every distribution of Rust has.
ln -s "$llvm/bin/llvm-objcopy" "$out/libexec/apple/rust-objcopy"

# What CMake, Meson and configure scripts are told, and the shell.
mkdir -p "$out/share/crossloom"
for file in toolchain.cmake cross.ini config.site environment.sh; do fill "$share/$file" "$out/share/crossloom/$file"; done
cat "$nativeCmake" "$share/native.cmake" >native.cmake
fill native.cmake "$out/share/crossloom/native.cmake"

# A link whose program is not there would be found out by the user alone.
find "$out" -type l | sort | while read -r l; do
  [ -e "$l" ] || { echo "$l leads nowhere" >&2; exit 1; }
done
