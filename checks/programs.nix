# Programs built with a toolchain, linked statically and dynamically, and run.
#
# A program runs on the build machine's own kernel when that takes it; else under QEMU's user-mode emulator. Where there
# is neither, the check fails: it does not pass for want of a machine.
{
  stdenv,
  file,
  qemu-user,
  toolchain,
  target,
  # Whether there is a C++ compiler.
  cxx,
  # QEMU's name for the target, or empty.
  emulator,
}:
stdenv.mkDerivation {
  pname = "check-programs-${target}";
  version = toolchain.version or "0";

  nativeBuildInputs = [
    file
    toolchain
  ];
  programs = ./programs;
  inherit target emulator;
  qemu_user = qemu-user;
  cxx = if cxx then "1" else "";

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./programs.sh;

  meta.description = "Programs of ${target}, run";
}
