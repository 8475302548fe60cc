# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

if [ ! -e "$kdir/Module.symvers" ]; then
  echo "error: this kernel takes no modules, and [linux] of the matrix names $module for it" >&2
  echo "hint: a configuration with modules has CONFIG_MODULES=y; give it a fragment that says so" >&2
  exit 1
fi
read -r -a flags <<<"$compilerFlags $makeFlags"
symbols=
for need in $needs; do symbols+="${symbols:+ }$need/Module.symvers"; done
# Only then: a Makefile may set it itself.
if [ -n "$symbols" ]; then flags+=("KBUILD_EXTRA_SYMBOLS=$symbols"); fi
# Where it is built is in no object: neither by __FILE__ nor in what debuggers read.
make -C "$kdir" "M=$PWD" "ARCH=$arch" "SHELL=$SHELL" "KCFLAGS=-ffile-prefix-map=$PWD=$module" \
  "KAFLAGS=-ffile-prefix-map=$PWD=$module" "-j$NIX_BUILD_CORES" "${flags[@]}" modules || {
  echo "error: [linux-module.$module] of the matrix does not build against this kernel" >&2
  echo "hint: above stands what make says of its folder" >&2
  exit 1
}
if [ -z "$(find . -name '*.ko')" ]; then
  echo "error: [linux-module.$module] of the matrix was built, and no module came of it" >&2
  echo "hint: its Kbuild names what is built: obj-m := $module.o" >&2
  exit 1
fi
