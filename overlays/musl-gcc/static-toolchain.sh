# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
mkdir -p "$out/lib" "$out/$target/lib"

# add FROM TO
add() {
  cp -r --no-preserve=ownership "$1" "$2"
  chmod -R u+w "$2"
}

add "$toolchain/lib/gcc" "$out/lib/"
add "$toolchain/$target/include" "$out/$target/"
add "$toolchain/$target/lib/." "$out/$target/lib/"
if [ -d "$toolchain/share" ]; then add "$toolchain/share" "$out/"; fi
# The linker's scripts name the place that it was configured for, and come with it.
rm -r "$out/$target/lib/ldscripts"
add "$binutils/." "$out/"
for folder in bin libexec; do add "$gcc/$folder" "$out/"; done
find "$out" -name '*.la' -type f -delete

# same NAME AS: a second copy of a program is a link.
same() {
  local name=$out/bin/$target-$1 as=$out/bin/$target-$2
  if [ -e "$name" ] && ! cmp "$name" "$as"; then return 1; fi
  ln -sf "${as##*/}" "$name"
}
same cc gcc
same "gcc-$version" gcc
same ld.bfd ld
if [ -e "$out/bin/$target-g++" ]; then same c++ g++; fi

# A debugger's script finds its modules relative to itself, and is told where both were installed.
for script in "$out/$target"/lib/*-gdb.py; do
  sed -i "s|$NIX_STORE/[^/']*|/nonexistent|" "$script"
done

# The file of specs was made with the other compiler, whose specs load the linker's plugin.
specs=$out/lib/gcc/$target/$version/specs
rm "$specs"
"$out/bin/$target-gcc" -dumpspecs >own
if [ -e "$out/$target/lib/mimalloc.o" ]; then
  awk -f "$mallocspecs" own >malloc
  mv malloc own
fi
awk -f "$staticpie" own >"$specs"

if grep -rlF "$NIX_STORE/" "$out"; then
  echo "error: these files name the store" >&2
  exit 1
fi
# A program with a loader runs only where that is.
find "$out/bin" "$out/libexec" -type f -perm -100 | while read -r program; do
  if "$out/bin/$target-readelf" -lW "$program" 2>/dev/null | grep -q 'INTERP'; then
    echo "error: $program is not static" >&2
    exit 1
  fi
done
