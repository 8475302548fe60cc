# shellcheck shell=bash
# native COMMAND…: runs a command without what this toolchain's shell tells build systems about the target, so that it builds
# for the machine that it runs on.
#
# A CMake inside a CMake has to be told of native.cmake all the same: the outer one exports its own compiler as CC.
set -eu
if [ $# = 0 ]; then
  echo "usage: native COMMAND [ARGUMENT]..." >&2
  exit 64
fi
unset CC CXX CPP OBJC OBJCXX AR AS LD LIPO NM OBJCOPY OBJDUMP OTOOL RANLIB STRIP DSYMUTIL INSTALL_NAME_TOOL
unset CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CMAKE_TOOLCHAIN_FILE MESON_CROSS_FILE CONFIG_SITE CARGO_BUILD_TARGET
unset PKG_CONFIG PKG_CONFIG_LIBDIR PKG_CONFIG_PATH CMAKE_PREFIX_PATH SDKROOT MACOSX_DEPLOYMENT_TARGET
if [ -n "${HOST_CC:-}" ]; then export CC=$HOST_CC; fi
if [ -n "${HOST_CXX:-}" ]; then export CXX=$HOST_CXX; fi
apple=:@out@/libexec/apple:
PATH=:$PATH:
PATH=${PATH//"$apple"/:}
PATH=${PATH#:}
export PATH=${PATH%:}
exec "$@"
