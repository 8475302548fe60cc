# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

# An archive holds NAME-VERSION-TRIPLE/COMPONENT/…, and its installer would put the component's content into one folder.
toolchain=$out/toolchain
mkdir -p "$toolchain" "$out/bin" "$out/lib/rustlib/src/rust"
for archive in "$rustc" "$cargo" "$standard"; do
  tar -xJf "$archive" -C "$toolchain" --strip-components=2 --no-same-owner
done

# The programs under the names that cargo and rustc look for. They find their libraries by their own place, so these are no
# links. The linker is the release's own, and not the one of nixpkgs.
# program NAME COMMAND…
program() {
  local name=$1
  shift
  {
    echo "#!$shell"
    printf 'exec'
    printf ' %q' "$@"
    echo ' "$@"'
  } >"$out/bin/$name"
  chmod +x "$out/bin/$name"
}
for name in cargo rustc rustdoc; do program "$name" "$toolchain/bin/$name"; done
program ld.lld "$toolchain/lib/rustlib/$triple/bin/rust-lld" -flavor gnu
program lld-link "$toolchain/lib/rustlib/$triple/bin/rust-lld" -flavor link
ln -s "$cc/bin/cc" "$out/bin/cc"
# Apple's tools do not know programs for other systems.
for name in ar objcopy; do ln -s "$llvm/bin/llvm-$name" "$out/bin/$name"; done

# A sysroot for `rustc --sysroot`: the build machine's standard library, and the sources that others are built from.
ln -s "$toolchain/lib/rustlib/$triple" "$out/lib/rustlib/$triple"
unpacked=$NIX_BUILD_TOP/unpacked
mkdir "$unpacked"
"$llvm/bin/llvm-ar" p "$sources" data.tar.xz | tar -xJ -C "$unpacked" --no-same-owner "./usr/src/rustc-$version/library"
cp -r --no-preserve=mode "$unpacked/usr/src/rustc-$version/library" "$out/lib/rustlib/src/rust/library"

# Sources of another version are not in such a folder. Those of the compiler's would fail late.
found=$("$out/bin/rustc" --version | cut -d ' ' -f 2)
if [ "$found" != "$version" ]; then
  echo "error: rustc is $found, where $version is expected" >&2
  exit 1
fi
