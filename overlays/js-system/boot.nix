# A package, started by QEMU: it is spoken to over its console and its network, and turned off. What it takes of time and memory
# is in the log.
{
  stdenv,
  qemu,
  package,
  emulator,
  machine,
  # Texts that the console says, in any order.
  serial,
}:
let
  inherit (package.initramfs) runtime;
in
stdenv.mkDerivation {
  name = "check-boot-${package.pname}";
  inherit
    package
    qemu
    emulator
    machine
    ;
  inherit (runtime) memory;
  serial = builtins.concatStringsSep "\n" serial;

  phases = [ "installPhase" ];
  # What is typed is in the runtime's words.
  installPhase = builtins.readFile runtime.conversation + builtins.readFile ./boot.sh;

  meta.description = "${package.pname}, booted";
}
