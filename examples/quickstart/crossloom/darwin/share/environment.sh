# shellcheck shell=bash
# Sourced by the target's shell; to be sourced by whoever uses the toolchain without it.

# Programs that build systems and rustc call by Apple's names. They read the build machine's files, too.
export PATH=@out@/libexec/apple:$PATH

# What is set there before is the build machine's.
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR CMAKE_PREFIX_PATH

# For what is built for the build machine on the way. CMake takes the second file where it is told to, and so does Rust's
# crate `cmake`, for build scripts.
export CMAKE_TOOLCHAIN_FILE_FOR_BUILD=@out@/share/crossloom/native.cmake
export HOST_CMAKE_TOOLCHAIN_FILE=@out@/share/crossloom/native.cmake
export HOST_AR=@llvm@/bin/llvm-ar HOST_RANLIB=@llvm@/bin/llvm-ranlib
export AR_FOR_BUILD=@llvm@/bin/llvm-ar RANLIB_FOR_BUILD=@llvm@/bin/llvm-ranlib

# bindgen asks a libclang of its own, which would read the build machine's headers.
export "BINDGEN_EXTRA_CLANG_ARGS_@rustVariable@=--target=@target@ -mmacos-version-min=@minimum@ -isysroot @sdk@"
