# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# What cargo has to know to compile for a machine without an operating system.

# cargo names crates by their places relative to the workspace. So the standard library's sources stand in it, or the
# compiler's store path would be part of every symbol.
sysroot=$PWD/.sysroot
cp -rP --no-preserve=mode "$rust/lib" "$NIX_BUILD_TOP/sysroot-lib"
mkdir "$sysroot"
mv "$NIX_BUILD_TOP/sysroot-lib" "$sysroot/lib"
export sysroot
{
  echo "#!$SHELL"
  cat <<'EOF'
# The build machine's name goes into the number by which cargo tells packages apart, if a build script or a macro is among
# what a package needs. That number is in the names of symbols. So cargo is told one name, and kernels are the same on all
# kinds of machines; build scripts are told the right one.
name=x86_64-unknown-linux-gnu
if [ "$1" = -vV ]; then
  "$rust/bin/rustc" -vV | sed "s/^host: .*/host: $name/"
  exit
fi
"$rust/bin/rustc" --sysroot "$sysroot" "$@" || exit
host=$("$rust/bin/rustc" -vV | sed -n 's/^host: //p')
if [ "$host" = "$name" ]; then exit; fi
crate='' folder='' suffix='' before=''
for arg; do
  case $before in
  --crate-name) crate=$arg ;;
  --out-dir) folder=$arg ;;
  esac
  case $arg in
  extra-filename=*) suffix=${arg#*=} ;;
  esac
  before=$arg
done
case $crate in
build_script_*)
  program=$folder/$crate$suffix
  mv "$program" "$program.program"
  cat >"$program" <<END
#!$SHELL
export HOST=$host
if [ "\$TARGET" = $name ]; then TARGET=$host; fi
exec "$program.program" "\$@"
END
  chmod +x "$program"
  ;;
esac
EOF
} >"$NIX_BUILD_TOP/rustc"
chmod +x "$NIX_BUILD_TOP/rustc"
export RUSTC=$NIX_BUILD_TOP/rustc
# A released compiler has the unstable features that building the standard library takes, and hides them.
export RUSTC_BOOTSTRAP=1

if [ -n "$targetFile" ]; then target=$PWD/$targetFile; fi
case $target in
*-uefi) linker=lld-link ;;
*) linker=ld.lld ;;
esac
# Build scripts write into cargo's folder. cargo calls files in the workspace, the standard library's among them, by their
# places in it.
flags=(-C "linker=$linker" "--remap-path-prefix=$crates=/crates" "--remap-path-prefix=$CARGO_TARGET_DIR=/target"
  "--remap-path-prefix=$PWD=/kernel" --remap-path-prefix=.sysroot/lib/rustlib/src/rust=/rust)
words "$rustflags"
flags+=("${words[@]}")
if [ -n "$linkerScript" ]; then flags+=(-C "link-arg=-T$PWD/$linkerScript"); fi
# Separated by what no flag holds, since a path could hold a space.
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\037' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%?}

# cargo calls a folder as a target's file without its ending.
triple=${target##*/} triple=${triple%.json}

# For this target alone: build scripts and procedural macros have this machine's compiler. Where a kernel asks for none, the
# crate `cc` would silently take this machine's for another one's objects.
cc=$NIX_BUILD_TOP/no-c-compiler
cat >"$cc" <<EOF
#!$SHELL
echo 'error: a build script compiles C or assembly for $triple, and the kernel has no compiler for it' >&2
echo 'hint: c-compiler = "llvm" in its table of the matrix' >&2
exit 1
EOF
chmod +x "$cc"
ar=$cc
if [ -n "$compiler" ]; then cc=$compiler/bin/clang ar=$compiler/bin/llvm-ar; fi
name=${triple//[-.]/_}
cflags+=" -ffile-prefix-map=$crates=/crates -ffile-prefix-map=$CARGO_TARGET_DIR=/target -ffile-prefix-map=$PWD=/kernel"
words "${git:-}"
for tree in "${words[@]}"; do cflags+=" -ffile-prefix-map=$tree=/git"; done
export "CC_$name=$cc" "CXX_$name=$cc" "AR_$name=$ar" "CFLAGS_$name=$cflags" "CXXFLAGS_$name=$cflags"
