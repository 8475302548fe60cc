# Whether programs of a toolchain take their memory from mimalloc: they, musl, and shared objects that they load.
{
  stdenv,
  qemu-user,
  toolchain,
  target,
  # Of mimalloc.
  version,
  # QEMU's name for the target; empty where the build machine's own kernel must run it.
  emulator,
}:
stdenv.mkDerivation {
  pname = "check-malloc-${target}";
  inherit version target;
  nativeBuildInputs = [ toolchain ];
  qemu = if emulator == "" then "" else "${qemu-user}/bin/qemu-${emulator}";
  programs = ./malloc;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./malloc.sh;

  meta.description = "Programs of ${target} with mimalloc, run";
}
