# An archive unpacked and used where there is nothing else: no store, no shell, no libraries of this machine.
{
  stdenv,
  qemu-user,
  archive,
  target,
  # Whether there is a C++ compiler.
  cxx,
  # Whether there is a Fortran compiler.
  fortran,
  # QEMU's name for the target; empty where the build machine's own kernel must run it.
  emulator,
}:
stdenv.mkDerivation {
  pname = "check-archive-${target}";
  version = archive.version or "0";

  inherit archive target;
  programs = ./programs;
  qemu = if emulator == "" then "" else "${qemu-user}/bin/qemu-${emulator}";
  cxx = if cxx then "1" else "";
  fortran = if fortran then "${./fortran}" else "";

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./archive-check.sh;

  meta.description = "The archive of a toolchain for ${target}, used with nothing beside it";
}
