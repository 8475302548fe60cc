# Programs in Fortran built with a toolchain, run in every form: static, static PIE, dynamic and PIE. As programs.nix does it.
{
  stdenv,
  file,
  qemu-user,
  toolchain,
  target,
  # GCC's libraries for programs, beside libgcc and libstdc++.
  libraries,
  # QEMU's name for the target; empty where the build machine's own kernel must run it.
  emulator,
}:
stdenv.mkDerivation {
  pname = "check-fortran-${target}";
  version = toolchain.version or "0";

  nativeBuildInputs = [
    file
    toolchain
  ];
  programs = ./fortran;
  inherit libraries target;
  qemu = if emulator == "" then "" else "${qemu-user}/bin/qemu-${emulator}";

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./ways.sh + builtins.readFile ./fortran.sh;

  meta.description = "Fortran programs of ${target}, run";
}
