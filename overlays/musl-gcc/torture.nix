# GCC's own test suite as an outside judge: DejaGnu runs the parts of it that compile programs with a toolchain and run
# them. A test that fails and is not among the known failures fails the check, and so does a known failure that is gone.
{
  stdenv,
  dejagnu,
  qemu-user,
  # GCC's archive, which the test suite is in.
  src,
  toolchain,
  target,
  # Whether it has a compiler for C++.
  cxx,
  # QEMU's name for the target; empty where the build machine's own kernel must run it.
  emulator,
}:
stdenv.mkDerivation {
  pname = "check-torture-${target}";
  version = toolchain.version or "0";
  inherit src;

  nativeBuildInputs = [
    dejagnu
    toolchain
  ];
  inherit target cxx;
  qemu = if emulator == "" then "" else "${qemu-user}/bin/qemu-${emulator}";
  known = ./torture-failures.txt;
  count = ./torture.awk;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./torture.sh;

  meta.description = "GCC's torture tests for ${target}";
}
