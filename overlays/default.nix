# crossloom's recipes for nixpkgs, without a matrix: `pkgs.crossloom.NAME { … }` calls a recipe with the arguments that
# its file lists. Sources and other recipes' outputs are given; stdenv and tools come from the package set.
#
#     pkgs.crossloom.gmp { version = "6.3.0"; src = pkgs.fetchurl { … }; }
#
# A rendered tree does the same with the versions and flags that its matrix chose.
final: prev:
let
  family =
    folder: names:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = final.callPackage (folder + "/${name}.nix");
      }) names
    );
in
{
  # Beside what other overlays put there.
  crossloom =
    (prev.crossloom or { })
    // family ./musl-gcc [
      "archive"
      "binutils"
      "gcc"
      "gcc-library"
      "gmp"
      "libgcc"
      "libstdcxx"
      "linux-headers"
      "mimalloc"
      "mpc"
      "mpfr"
      "musl"
      "musl-headers"
      "musl-source"
      "prefix"
      "shell"
      "static-toolchain"
      "toolchain"
    ]
    // family ./darwin [
      "bootstrap-cmds"
      "cctools"
      "darwin-cc"
      "darwin-compiler-rt"
      "darwin-libcxx"
      "darwin-runtimes"
      "darwin-shell"
      "libcxx-stub"
      "libtapi"
      "sdk-apple"
      "sdk-xnu"
      "sdk-zig"
      "static-macho"
      "stubs"
      "system-stubs"
      "xar"
    ]
    // family ./valgrind-darwin [
      "valgrind-darwin"
      "valgrind-darwin-tarball"
    ]
    // family ./source [
      "git-source"
      "patched-source"
    ]
    // family ./linux [
      "kernel-gcc"
      "kernel-llvm"
      "linux"
      "linux-module"
      "linux-shell"
    ]
    // family ./bare-metal [
      "c-compiler"
      "crates"
      "disk-image"
      "efi-loader"
      "firmware"
      "git-crates"
      "host-tool"
      "image"
      "kernel"
      "kernel-shell"
      "loader"
      "run-qemu"
      "rust-1_85_0"
      "rust-1_97_1"
      "rust-macos"
    ]
    // family ./js-system [
      "disk"
      "initramfs"
      "js-system"
      "linux-loader"
      "npm-packages"
      "quickjs-ng"
      "run-system"
    ];
}
