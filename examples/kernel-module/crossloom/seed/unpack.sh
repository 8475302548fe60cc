#!/bin/sh
# shellcheck disable=SC2154 # the derivation's attributes arrive as variables
# Unpacks pinned Debian packages into one tree that runs from the store.
#
# Run by busybox alone, in the sandbox, before any other program exists there.
#   $busybox  directory with bin/busybox        $out      where the tree goes
#   $debs     the packages                      $loader   packages that hold patchelf and what it loads
#   $runtime  tree with the C library, or empty when this *is* that tree
#   $bases    trees that this one builds on: their programs and libraries are used, not repeated
set -eu

mkdir_applets() {
  applets=$TMPDIR/applets
  "$busybox/bin/busybox" mkdir -p "$applets"
  "$busybox/bin/busybox" --install -s "$applets"
  PATH=$applets
  export PATH
}

# Debian 12 and 13 ship data.tar.xz; a base system's own packages may be data.tar.zst one day, which busybox can't read.
unpack() {
  ar p "$1" data.tar.xz | tar -xJ -C "$2" || {
    echo "$1: cannot unpack its data.tar.xz" >&2
    exit 1
  }
}

# One name for one place: Debian 12's packages still carry /lib and /bin, Debian 13's only /usr/lib and /usr/bin.
merged_root() {
  mkdir -p "$1"
  for dir in bin sbin lib lib64; do
    mkdir -p "$1/usr/$dir"
    ln -s "usr/$dir" "$1/$dir"
  done
}

mkdir_applets

# patchelf and its libraries, called through their own loader since nothing is relocated yet.
tools=$TMPDIR/tools
merged_root "$tools"
for deb in $loader; do unpack "$deb" "$tools"; done
ld_so=$(find "$tools/usr/lib" -name 'ld-linux-*.so.*' | sort | head -n 1)
cat >"$applets/patchelf" <<EOF
#!$busybox/bin/busybox sh
exec $ld_so --library-path ${ld_so%/*}:$tools/usr/lib/$multiarch $tools/usr/bin/patchelf "\$@"
EOF
chmod +x "$applets/patchelf"

merged_root "$out"
for deb in $debs; do unpack "$deb" "$out"; done
cd "$out"
rm -rf var etc run tmp usr/share/doc usr/share/man usr/share/info usr/share/locale usr/share/lintian usr/share/bug \
  usr/share/doc-base usr/share/menu usr/share/applications usr/share/icons usr/share/pixmaps usr/share/gdb usr/share/zoneinfo

# What maintainer scripts and the alternatives system would have made.
link() { if [ -e "usr/bin/$1" ] && [ ! -e "usr/bin/$2" ]; then ln -s "$1" "usr/bin/$2"; fi; }
link gawk awk
link gcc cc
link g++ c++
link python3 python
link bash sh.bash
if [ -e usr/bin/bash ]; then ln -sf bash usr/bin/sh; fi
rm -f usr/bin/sh.bash

# Absolute links point into the tree; what they would miss (the host's /etc, debconf, …) is dropped.
# Every list is complete and sorted before anything in it changes: a directory that is read while it changes may show a
# new link as if it were an old one.
find . -type l | sort | while read -r l; do
  to=$(readlink "$l")
  case $to in
  /*)
    rm "$l"
    if [ -e "$out$to" ] || [ -L "$out$to" ]; then ln -s "$out$to" "$l"; fi
    ;;
  esac
done
# Dangling links go, and then those that only led to them.
for _ in 1 2; do
  find . -type l | sort | while read -r l; do [ -e "$l" ] || rm "$l"; done
done

# Programs load the C library's own loader, and search this tree for what is not beside it.
base=${runtime:-$out}
interpreter=$(find "$base/usr/lib/" -name 'ld-linux-*.so.*' -type f | sort | head -n 1)
[ -n "$interpreter" ] || { echo "no ld-linux in $base" >&2; exit 1; }
libs=$out/usr/lib/$multiarch
for tree in $bases; do libs=$libs:$tree/usr/lib/$multiarch; done
if [ -n "$runtime" ]; then libs=$runtime/usr/lib/$multiarch:$libs; fi

# program NAME: where it is, in this tree or in one that this one builds on; nothing when it is in none.
program() {
  for tree in $out $bases; do
    if [ -e "$tree/bin/$1" ]; then
      echo "$tree/bin/$1"
      return
    fi
  done
}

relocate() {
  file=$1
  rpath=$libs
  # LLVM keeps its libraries in a directory of its own, beside its programs.
  case $file in ./usr/lib/llvm-*) rpath=$out/$(echo "$file" | cut -d/ -f2-4)/lib:$libs ;; esac
  if patchelf --print-interpreter "$file" >/dev/null 2>&1; then
    patchelf --set-interpreter "$interpreter" --set-rpath "$rpath" "$file"
  elif patchelf --print-needed "$file" 2>/dev/null | grep -q .; then
    patchelf --set-rpath "$rpath" "$file"
  fi
}

find . -type f \( -perm -100 -o -name '*.so*' \) | sort | while read -r file; do
  case ${file##*/} in
  ld-linux*.so* | libc.so.6 | ld.so | *-static | *.o | *.a) continue ;;
  esac
  case $(head -c 4 "$file" | tr -d '\000') in
  *ELF)
    chmod u+w "$file"
    relocate "$file"
    ;;
  '#!'*)
    read -r line <"$file" || true
    line=${line#\#!}
    line=${line# }
    name=$(basename "${line%% *}")
    rest=
    case $line in *' '*) rest=" ${line#* }" ;; esac
    # `#!/usr/bin/env X` names its program second.
    if [ "$name" = env ]; then
      name=${rest# }
      rest=
    fi
    interpreter_of_script=$(program "$name")
    if [ -n "$interpreter_of_script" ]; then
      chmod u+w "$file"
      sed -i "1s|.*|#!$interpreter_of_script$rest|" "$file"
    fi
    ;;
  esac
done

# Compiled-in data paths: these programs look under /usr and are told where they really are.
wrap() {
  wrapped=usr/bin/$1
  shift
  if [ -e "$wrapped" ]; then
    real=usr/lib/seed/${wrapped##*/}
    mkdir -p usr/lib/seed
    mv "$(readlink -f "$wrapped")" "$real"
    {
      echo "#!$(program sh)"
      for assignment; do echo "export $assignment"; done
      echo "exec -a \"\$0\" $out/$real \"\$@\""
    } >"$wrapped.new"
    rm -f "$wrapped"
    mv "$wrapped.new" "$wrapped"
    chmod +x "$wrapped"
  fi
}
perl5=
for dir in usr/lib/"$multiarch"/perl5/5.* usr/share/perl5 usr/lib/"$multiarch"/perl/5.* usr/share/perl/5.* usr/lib/"$multiarch"/perl-base; do
  if [ -d "$dir" ]; then perl5=$perl5${perl5:+:}$out/$dir; fi
done
wrap perl "PERL5LIB=\"\${PERL5LIB:+\$PERL5LIB:}$perl5\""
wrap bison "BISON_PKGDATADIR=$out/usr/share/bison" "M4=$out/bin/m4"
wrap flex "M4=$out/bin/m4"
wrap file "MAGIC=$out/usr/share/misc/magic"

# GCC: every driver reads `specs` from its own library directory. Programs that it links load the pinned C library,
# and headers and libraries come from this tree unless a sysroot is named. The additions need the whole default
# text before them: a partial file loses `libgcc_eh` for -static. Debian 13's GCC does not hand --sysroot to the linker.
for gcc in usr/lib/gcc/*/*/; do
  if [ -e "$gcc/crtbegin.o" ]; then
    driver=$(find "$out/usr/bin/" -name "*-gcc-$(basename "$gcc")" | head -n 1)
    "$driver" -dumpspecs >"$TMPDIR/specs"
    awk -v loader="$interpreter" -v libs="$libs" -v root="$out" '
      { print }
      /^\*link:$/ { getline; print $0 " %{-sysroot=*:--sysroot=%*} %{!static:%{!static-pie:%{!shared:%{!r:-dynamic-linker " loader "}}}} %{!static:%{!static-pie:%{!r:-rpath " libs "}}}" }
      /^\*self_spec:$/ { getline; print $0 " %{!-sysroot=*:--sysroot=" root "}" }
    ' "$TMPDIR/specs" >"$gcc/specs"
  fi
done

# clang reads <triple>.cfg beside its program, for the build machine's own triple only.
for clang in usr/lib/llvm-*/bin/clang; do
  if [ -e "$clang" ]; then
    for tree in $out $bases; do
      crtbegin=$(find "$tree/usr/lib/gcc/" -name crtbegin.o 2>/dev/null | head -n 1)
      if [ -n "$crtbegin" ]; then
        {
          echo "--sysroot=$tree"
          echo "--gcc-install-dir=${crtbegin%/*}"
          echo "-Wl,-dynamic-linker,$interpreter"
          echo "-Wl,-rpath,$libs"
        } >"${clang%/*}/${multiarch%-linux-gnu}-pc-linux-gnu.cfg"
        break
      fi
    done
  fi
done
