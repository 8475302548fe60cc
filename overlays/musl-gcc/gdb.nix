# A program with two threads, debugged from its start to its end: over gdbserver where the kernel runs programs of the target,
# and over QEMU, which speaks the same protocol.
{
  stdenv,
  qemu-user,
  gdb,
  toolchain,
  target,
  # QEMU's name for the target; empty where the build machine's own kernel must run it.
  emulator,
}:
stdenv.mkDerivation {
  pname = "check-gdb-${target}";
  version = gdb.version or "0";

  nativeBuildInputs = [
    gdb
    toolchain
  ];
  inherit gdb target;
  qemu = if emulator == "" then "" else "${qemu-user}/bin/qemu-${emulator}";
  source = ./gdb-check;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./gdb.sh;

  meta.description = "A program of ${target}, debugged";
}
