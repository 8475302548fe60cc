# A kernel, started by QEMU without a boot loader. It works if the serial port says what is expected, line by line in
# that order, and the machine ends with the expected status.
{
  stdenv,
  qemu,
  kernel,
  # The suffix of QEMU's program, and the machine.
  emulator,
  machine,
  # Lines that the output holds, and the status with which QEMU ends.
  serial,
  status,
}:
stdenv.mkDerivation {
  name = "check-boot-${kernel.name}";
  inherit
    kernel
    qemu
    emulator
    machine
    status
    ;
  inherit (kernel) program;
  serial = builtins.concatStringsSep "\n" serial;

  phases = [ "installPhase" ];
  installPhase =
    import ./words.nix { inherit stdenv; }
    + builtins.readFile ./boot-kernel.sh
    + builtins.readFile ./boot.sh;

  meta.description = "${kernel.name}, booted";
}
