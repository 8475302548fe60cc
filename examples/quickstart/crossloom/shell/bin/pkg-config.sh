# shellcheck shell=bash
# pkg-config that sees the target's packages alone: those of the toolchain, and what PKG_CONFIG_PATH_@targetVariable@ names.
# The build machine's own PKG_CONFIG_PATH is left out: what it finds there would be linked into another machine's program.
export PKG_CONFIG_LIBDIR="@sysroot@/lib/pkgconfig:@sysroot@/share/pkgconfig"
# shellcheck disable=SC2153 # a variable of its own, named for the target
export PKG_CONFIG_PATH="${PKG_CONFIG_PATH_@targetVariable@:-}"
exec "@pkgConfig@/bin/pkg-config" "$@"
