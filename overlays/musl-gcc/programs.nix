# Programs built with a toolchain, run in every form: static, static PIE, dynamic, PIE, and with shared objects.
#
# A program runs on the build machine's own kernel when that takes it, and under QEMU's user-mode emulator when one is
# named. Where neither runs it, the check fails: it does not pass for want of a machine.
{
  stdenv,
  file,
  qemu-user,
  toolchain,
  target,
  # Whether there is a C++ compiler.
  cxx,
  # GCC's libraries for programs, beside libgcc and libstdc++.
  libraries,
  # Whether musl has Debian's security fixes.
  fixed,
  # Whether compilers make position-independent programs unless they are told otherwise.
  pie,
  # QEMU's name for the target; empty where the build machine's own kernel must run it.
  emulator,
}:
let
  # Targets for which processors.sh has something to run.
  special = builtins.match "x86_64-.*|i[3-6]86-.*|aarch64.*" target != null;
in
stdenv.mkDerivation {
  pname = "check-programs-${target}";
  version = toolchain.version or "0";

  nativeBuildInputs = [
    file
    toolchain
  ];
  programs = ./programs;
  inherit libraries target;
  qemu = if emulator == "" then "" else "${qemu-user}/bin/qemu-${emulator}";
  cxx = if cxx then "1" else "";
  fixed = if fixed then "1" else "";
  pie = if pie then "1" else "";

  ${if special then "processors" else null} = ./processors;
  phases = [ "installPhase" ];
  installPhase =
    builtins.readFile ./ways.sh
    + builtins.readFile ./programs.sh
    + (if special then builtins.readFile ./processors.sh else "");

  meta.description = "Programs of ${target}, run";
}
