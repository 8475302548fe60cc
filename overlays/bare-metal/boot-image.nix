# A disk image, started by QEMU from its firmware. It works as `boot-kernel` says.
{
  stdenv,
  qemu,
  image,
  # The interface of the disk.
  disk,
  # QEMU's own firmware where there is none; and QEMU's flag that takes the file.
  firmware ? null,
  firmwareFlag ? "",
  emulator,
  machine,
  serial,
  status,
}:
stdenv.mkDerivation {
  name = "check-boot-${image.name}";
  inherit
    image
    disk
    qemu
    emulator
    machine
    status
    firmwareFlag
    ;
  firmware = if firmware == null then "" else "${firmware}/${firmware.file}";
  serial = builtins.concatStringsSep "\n" serial;

  phases = [ "installPhase" ];
  installPhase =
    import ./words.nix { inherit stdenv; }
    + builtins.readFile ./boot-image.sh
    + builtins.readFile ./boot.sh;

  meta.description = "${image.name}, booted";
}
