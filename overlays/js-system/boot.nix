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
  # A disk image of it that the firmware starts, in the place of its files.
  disk ? null,
  firmware ? null,
  firmwareFlag ? "",
}:
let
  inherit (package.initramfs) runtime;
in
stdenv.mkDerivation {
  name = "check-boot-${if disk == null then package.pname else disk.pname}";
  inherit
    package
    qemu
    emulator
    machine
    ;
  inherit (runtime) memory;
  kconfig = "${package.linux.kdir}/.config";
  disk = if disk == null then "" else "${disk}/disk.img";
  firmware = if firmware == null then "" else "${firmware}/${firmware.file}";
  inherit firmwareFlag;
  serial = builtins.concatStringsSep "\n" serial;

  phases = [ "installPhase" ];
  # What is typed is in the runtime's words.
  installPhase =
    import ../bare-metal/words.nix { inherit stdenv; }
    + builtins.readFile runtime.conversation
    + builtins.readFile ./boot.sh;

  meta.description = "${package.pname}, booted";
}
