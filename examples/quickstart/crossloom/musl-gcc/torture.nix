# GCC's own test suite as an outside judge: the programs of gcc.c-torture/execute, compiled with a toolchain at -O0 and at
# -O2, and run. A program that fails and is not among the known failures fails the check, and so does a known failure that
# is gone.
{
  stdenv,
  qemu-user,
  # GCC's archive, which the programs are in.
  src,
  toolchain,
  target,
  # QEMU's name for the target; empty where the build machine's own kernel must run it.
  emulator,
}:
stdenv.mkDerivation {
  pname = "check-torture-${target}";
  version = toolchain.version or "0";
  inherit src;

  nativeBuildInputs = [ toolchain ];
  inherit target;
  qemu = if emulator == "" then "" else "${qemu-user}/bin/qemu-${emulator}";
  known = ./torture-failures.txt;
  worker = ./torture-one.sh;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./torture.sh;

  meta.description = "GCC's torture tests for ${target}";
}
