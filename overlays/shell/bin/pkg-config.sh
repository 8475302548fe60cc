# shellcheck shell=bash
# pkg-config that sees the target's packages alone: those of the toolchain, and what PKG_CONFIG_PATH_@targetVariable@ and
# PKG_CONFIG_PATH name. The shell takes the build machine's PKG_CONFIG_PATH away when it is entered: what it finds there would be
# linked into another machine's program. So whoever sets it later, as configure scripts and CMake do, means the target.
export PKG_CONFIG_LIBDIR="@sysroot@/lib/pkgconfig:@sysroot@/share/pkgconfig"
# shellcheck disable=SC2153 # a variable of its own, named for the target
own=${PKG_CONFIG_PATH_@targetVariable@:-}
export PKG_CONFIG_PATH="$own${own:+${PKG_CONFIG_PATH:+:}}${PKG_CONFIG_PATH:-}"
# The compiler looks there by itself. In a flag, they would come before the headers of C++.
export PKG_CONFIG_SYSTEM_INCLUDE_PATH="@sysroot@/include:/usr/include" PKG_CONFIG_SYSTEM_LIBRARY_PATH="@sysroot@/lib:/usr/lib:/lib"
exec "@pkgConfig@/bin/pkg-config" "$@"
