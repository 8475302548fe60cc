# shellcheck shell=bash
# native COMMAND…: runs a command without what this toolchain's shell tells build systems about the target, so that it builds
# for the machine that it runs on.
#
# For build systems that build a program and run it on their way: with the target named on the command line alone, as in
# `native cmake -DCMAKE_TOOLCHAIN_FILE="$CMAKE_TOOLCHAIN_FILE" …`, a nested build that knows nothing of it is a native one.
set -eu
if [ $# = 0 ]; then
  echo "usage: native COMMAND [ARGUMENT]..." >&2
  exit 64
fi
unset CC CXX CPP OBJC OBJCXX AR AS LD LIPO NM OBJCOPY OBJDUMP OTOOL RANLIB STRIP DSYMUTIL INSTALL_NAME_TOOL
unset CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CMAKE_TOOLCHAIN_FILE MESON_CROSS_FILE CONFIG_SITE CARGO_BUILD_TARGET
unset PKG_CONFIG PKG_CONFIG_LIBDIR SDKROOT MACOSX_DEPLOYMENT_TARGET
if [ -n "${HOST_CC:-}" ]; then export CC=$HOST_CC; fi
if [ -n "${HOST_CXX:-}" ]; then export CXX=$HOST_CXX; fi
apple=:@out@/libexec/apple:
PATH=:$PATH:
PATH=${PATH//"$apple"/:}
PATH=${PATH#:}
export PATH=${PATH%:}
exec "$@"
