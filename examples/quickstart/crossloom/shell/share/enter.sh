# shellcheck shell=bash
# Sourced when the shell is entered: variables that have the target's name in theirs.

# The build machine's packages are none of the target's.
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR CMAKE_PREFIX_PATH

# Build scripts of crates, and others that compile for the build machine on their way.
export HOST_CC='@hostcc@/bin/cc' HOST_CXX='@hostcc@/bin/c++' CC_FOR_BUILD='@hostcc@/bin/cc' CXX_FOR_BUILD='@hostcc@/bin/c++'

# ccache tells compilers apart by size and date, which are the same for many in the Nix store.
export CCACHE_COMPILERCHECK=${CCACHE_COMPILERCHECK:-'readlink -f %compiler%; stat -L --format=%s-%Y %compiler%'}

_rust='@rust@' _sysroot='@sysroot@' _qemu='@qemu@'
if [ -n "$_sysroot" ]; then
  # For what is built for the build machine on the way. CMake takes it where it is told to, and so does Rust's crate `cmake`,
  # for build scripts.
  export CMAKE_TOOLCHAIN_FILE_FOR_BUILD='@out@/share/crossloom/native.cmake'
  export HOST_CMAKE_TOOLCHAIN_FILE='@out@/share/crossloom/native.cmake'
fi
if [ -n "$_rust" ]; then
  export CARGO_BUILD_TARGET=$_rust
  _rust=${_rust//-/_}
  export "CARGO_TARGET_${_rust^^}_LINKER=@target@-@compiler@"
  export "CC_$_rust=@target@-@compiler@" "CXX_$_rust=${CXX:-}" "AR_$_rust=$AR" "RANLIB_$_rust=$RANLIB"
  export "PKG_CONFIG_$_rust=@target@-pkg-config" "PKG_CONFIG_ALLOW_CROSS_$_rust=1"
  if [ -n "$_sysroot" ]; then
    # The toolchain's C library and start files, and not those that some of Rust's libraries bring.
    export "CARGO_TARGET_${_rust^^}_RUSTFLAGS=-Clink-self-contained=no -Lnative=@out@/lib"
    # bindgen brings its own libclang. Without these, it reads the build machine's headers.
    export "BINDGEN_EXTRA_CLANG_ARGS_$_rust=--target=@target@ --sysroot=$_sysroot"
  fi
  if [ -n "$_qemu" ]; then export "CARGO_TARGET_${_rust^^}_RUNNER=@target@-run"; fi
fi
unset _rust _sysroot _qemu
