# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir -p "$out" "$kdir" "$headers"
cp "$image" "$out/${image##*/}"
cp vmlinux System.map "$out/"
cp .config "$out/config"
for file in config.dropped vmlinux.map; do
  if [ -e "$file" ]; then cp "$file" "$out/"; fi
done
if grep -q '^CONFIG_GDB_SCRIPTS=y' .config; then
  # gdb looks for this beside vmlinux, and this for the others below its own folder.
  mkdir -p "$out/scripts/gdb/linux"
  cp scripts/gdb/vmlinux-gdb.py "$out/"
  cp scripts/gdb/linux/*.py "$out/scripts/gdb/linux/"
fi
if grep -q '^CONFIG_MODULES=y' .config; then
  kernelMake INSTALL_MOD_PATH="$out" modules_install
  # Links to where the kernel was built.
  rm -f "$out"/lib/modules/*/build "$out"/lib/modules/*/source
fi
if [ -n "$deviceTrees" ]; then kernelMake INSTALL_DTBS_PATH="$out/dtbs" dtbs_install; fi

# What modules are built against: makefiles, headers, generated files, and the programs that makefiles call.
{
  find . \( -path ./Documentation -o -path ./samples -o -path ./tools \) -prune -o \
    \( -name 'Makefile*' -o -name 'Kbuild*' -o -name 'Kconfig*' \) -type f -print
  find "arch/$sourceArch/include" -type f -print
  # Some headers are links to others, and device trees find theirs by links in scripts/dtc.
  find scripts include \( -type f -o -type l \) -print
  find "arch/$sourceArch" \( -name '*.lds' -o -name 'module.lds*' -o -name '*.h' -o -name '*.dtsi' \) -type f -print
  # The other Kconfig files name these.
  find Documentation samples -name 'Kconfig*' -type f -print
  for file in .config Module.symvers System.map tools/objtool/objtool usr/gen_init_cpio; do
    if [ -e "$file" ]; then echo "$file"; fi
  done
} | sed 's,^\./,,' | grep -v -e '\.o$' -e '\.cmd$' -e '\.a$' | LC_ALL=C sort -u >files
tar -cf - -T files | tar -xf - -C "$kdir"
# Links to what other architectures have.
find "$kdir" -xtype l -delete
# Debugging data of programs names the directory that they were built in, and so does their build id, which is its digest.
find "$kdir" -type f -perm -100 | sort | while read -r file; do
  if [ "$(head -c 4 "$file" | tr -d '\000')" = $'\177ELF' ]; then
    strip -S --remove-section=.note.gnu.build-id "$file"
  fi
  # The scripts' interpreter stands where the kernel was built.
  if [ "$(head -c 2 "$file" | tr -d '\000')" = '#!' ]; then
    sed -i -E "1s,^#!$NIX_BUILD_TOP/declared/(.*),#!/usr/bin/env \1," "$file"
  fi
done

kernelMake headers
find usr/include -type f ! -name '*.h' -delete
cp -r usr/include "$headers/include"
