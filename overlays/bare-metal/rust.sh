# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

# The programs under the names that cargo and rustc look for.
mkdir -p "$out/bin" "$out/lib/rustlib"
for name in cargo rustc rustdoc cc ar; do ln -s "$tree/bin/$name" "$out/bin/$name"; done
for name in ld.lld lld-link; do ln -s "$tree/usr/lib/llvm-19/bin/lld" "$out/bin/$name"; done

# A sysroot for `rustc --sysroot`: the build machine's standard library, and the sources that others are built from.
for folder in "$tree"/usr/lib/rustlib/*-linux-gnu; do ln -s "$folder" "$out/lib/rustlib/"; done
mkdir -p "$out/lib/rustlib/src/rust"
cp -r --no-preserve=mode "$tree/usr/lib/rustlib/src/rust/library" "$out/lib/rustlib/src/rust/library"

# Sources of another version would fail late, in code that means another compiler.
found=$("$out/bin/rustc" --version | cut -d ' ' -f 2)
sources=$(readlink "$tree/usr/lib/rustlib/src/rust")
if [ "$found" != "$version" ] || [ "${sources##*/}" != "rustc-$version" ]; then
  echo "error: rustc is $found and its sources are ${sources##*/}, where $version is expected" >&2
  exit 1
fi
