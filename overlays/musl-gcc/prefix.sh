# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Puts toolchains together. Files are copied, since a driver that is reached through a link looks for its parts where the link
# points.
read -r -a ofTargets <<<"$targets"
read -r -a ofPrefixes <<<"$prefixes"

# pkg-config for one target, below the folder that the program is in. A package is where its file is: it may have been
# installed for another place, such as /usr. In /usr itself nothing has moved, and packages whose data is in /usr/share and whose
# libraries are in /usr/TARGET are right as they are.
pkgConfig() {
  local own=PKG_CONFIG_PATH_${1//-/_}
  cat >"$out/bin/$1-pkg-config" <<EOF
#!/bin/sh
# pkg-config that sees the packages of $1 in this prefix and those in the folders that $own
# names, and none of the build machine's.
bin=\$(dirname "\$(readlink -f "\$0")")
unset PKG_CONFIG_SYSROOT_DIR
PKG_CONFIG_PATH=\${$own-}
PKG_CONFIG_LIBDIR=\${bin%/bin}/$1/lib/pkgconfig:\${bin%/bin}/$1/share/pkgconfig:\${bin%/bin}/share/pkgconfig
export PKG_CONFIG_PATH PKG_CONFIG_LIBDIR
# The compiler looks there by itself. In a flag, they would come before the headers of C++.
PKG_CONFIG_SYSTEM_INCLUDE_PATH=\${bin%/bin}/$1/include:/usr/include
PKG_CONFIG_SYSTEM_LIBRARY_PATH=\${bin%/bin}/$1/lib:/usr/lib:/lib
export PKG_CONFIG_SYSTEM_INCLUDE_PATH PKG_CONFIG_SYSTEM_LIBRARY_PATH
[ "\${bin%/bin}" = /usr ] || set -- --define-prefix "\$@"
exec pkg-config "\$@"
EOF
  chmod +x "$out/bin/$1-pkg-config"
}

mkdir -p "$out"
number=0
for toolchain in $toolchains; do
  target=${ofTargets[number]} prefix=${ofPrefixes[number]}
  number=$((number + 1))
  # What two toolchains have at one place is shared data, such as messages, or the linker's plugin of the same GCC.
  clash=$(cd "$toolchain" && find . ! -type d | while read -r file; do
    case $file in ./share/* | ./lib/bfd-plugins/*) continue ;; esac
    if [ -e "$out/$file" ] || [ -L "$out/$file" ]; then echo "$file"; fi
  done)
  if [ -n "$clash" ]; then
    echo "error: two toolchains have these files: $clash" >&2
    exit 1
  fi
  tar -C "$toolchain" -cf - . | tar -C "$out" --no-same-owner --skip-old-files -xf -
  chmod -R u+w "$out"

  pkgConfig "$target"
  if [ "$prefix" != "$target" ]; then
    for program in "$out/bin/$target"-*; do
      program=${program##*/}
      ln -s "$program" "$out/bin/$prefix${program#"$target"}"
    done
  fi

  # It is the target's, and takes headers and libraries from here.
  machine=$("$out/bin/$prefix-gcc" -dumpmachine)
  sysroot=$(readlink -f "$("$out/bin/$prefix-gcc" -print-sysroot)")
  if [ "$machine" != "$target" ] || [ "$sysroot" != "$out/$target" ]; then
    echo "error: $prefix-gcc builds for $machine with $sysroot, not for $target with $out/$target" >&2
    exit 1
  fi
done
