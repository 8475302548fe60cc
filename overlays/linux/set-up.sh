# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Runs before anything of the kernel's does: what it may call, and what it is told of the build machine.

# Debian's and the authors' archives have the same files here, and scripts begin with places that no sandbox has.
find scripts tools arch usr -type f -perm -100 | sort | while read -r file; do
  sed -i -E -e "1s,^#! */usr/bin/env +(-S +)?(bash|sh|perl|awk)\b,#!$NIX_BUILD_TOP/declared/\2," \
    -e "1s,^#! */(usr/)?bin/(bash|perl|awk)\b,#!$NIX_BUILD_TOP/declared/\2," "$file"
done

declared=$NIX_BUILD_TOP/declared
mkdir "$declared"
for tool in $tools; do
  found=$(type -P "$tool") || {
    echo "error: no build input has $tool, which a kernel's makefiles call" >&2
    exit 1
  }
  ln -s "$found" "$declared/$tool"
done
# One program under many names, which Debian keeps out of bin/.
if found=$(type -P kmod); then ln -s "$found" "$declared/depmod"; fi
for input in $nativeBuildInputs; do
  # The compiler's package holds nothing else.
  case $input in *-kernel-llvm-* | *-kernel-gcc-*) ln -s "$input"/bin/* "$declared/" ;; esac
done
# Makefiles ask it for the build machine, though they are told of the target's: one answer everywhere.
cat >"$declared/uname" <<EOF
#!$SHELL
case "\$*" in
-m) echo $arch ;;
-s | '') echo Linux ;;
-r) echo 0 ;;
*) echo "uname \$*: not answered" >&2 && exit 1 ;;
esac
EOF
chmod +x "$declared/uname"
export PATH=$declared
unset CPATH LIBRARY_PATH
# Makefiles below tools/ forget what make was told, and /bin/sh may know programs that PATH does not (busybox prefers its
# own): this one is read before every other.
echo "SHELL := $SHELL" >"$NIX_BUILD_TOP/shell.mk"
export MAKEFILES=$NIX_BUILD_TOP/shell.mk

# CONFIG_RANDSTRUCT lays structures out by a number that the build makes up: here by the configuration, so that it is known
# to all who have the recipe, as it is of every kernel that others build for one.
random=scripts/gen-randstruct-seed.sh
if [ -e "$random" ]; then
  # shellcheck disable=SC2016 # the script's own
  sed -i 's,^SEED=.*,SEED=$(sha256sum .config | cut -d " " -f 1),' "$random"
  grep -q sha256sum "$random" || { echo "error: $random does not set SEED as it used to" >&2 && exit 1; }
fi

export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:01 UTC 1970' KBUILD_BUILD_VERSION=1
export KBUILD_BUILD_USER=crossloom KBUILD_BUILD_HOST=crossloom

hostCFlags="-O2 $hostCFlags"
for place in $hostIncludes; do hostCFlags+=" -I$place"; done
for place in $hostLibraries; do
  hostLdFlags+=" -L$place -Wl,-rpath,$place"
  export PKG_CONFIG_PATH=${PKG_CONFIG_PATH:+$PKG_CONFIG_PATH:}$place/pkgconfig
done
read -r -a kernelFlags <<<"$compilerFlags"
# What debuggers are told of the place where it is built.
places=-ffile-prefix-map=$PWD=linux-$version
kernelFlags+=(
  "ARCH=$arch" HOSTCC=cc HOSTCXX=c++ "HOSTLD=$hostLd" HOSTAR=ar
  # xz is lzma, too, and needs no link of that name.
  "LZMA=xz --format=lzma"
  "HOSTCFLAGS=$hostCFlags" "HOSTLDFLAGS=$hostLdFlags" "CONFIG_SHELL=$SHELL" "KCFLAGS=$places" "KAFLAGS=$places" "-j$NIX_BUILD_CORES"
)

# kernelMake GOAL…
kernelMake() { make "${kernelFlags[@]}" "$@"; }
