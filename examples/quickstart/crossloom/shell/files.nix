# The files that build tools read about one target in its development shell, made when the shell is first entered: see files.sh.
{
  stdenv,
  meson,
  pkg-config,
  toolchain,
  target,
  # `gcc` or `clang`
  compiler,
  # The shell's name.
  cell,
  # Rust's name of the target, or nothing.
  rust,
  # The place of the target's headers and libraries; empty if the toolchain brings its own files for build tools.
  sysroot ? "",
  # The triple's first part.
  cpu ? "",
  # The processor as `uname -m` names it.
  uname ? "",
  # Meson's name of the family of processors.
  family ? "",
  # `little` or `big`
  endian ? "",
  # QEMU's program for the target, or nothing.
  qemu ? "",
}:
stdenv.mkDerivation {
  name = "${target}-shell-files";
  inherit
    meson
    toolchain
    target
    compiler
    cell
    rust
    sysroot
    cpu
    uname
    family
    endian
    qemu
    ;
  pkgConfig = pkg-config;
  shell = stdenv.shell;
  hostcc = stdenv.cc;
  targetVariable = builtins.replaceStrings [ "-" ] [ "_" ] target;
  programs = ./bin;
  share = ./share;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./files.sh;

  meta.description = "What CMake, Meson, configure scripts and cargo read about ${target}";
}
