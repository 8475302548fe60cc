# A program that starts a kernel or a disk image in QEMU, with its serial port on the terminal: `nix run .#CELL-qemu`.
# Its arguments go to QEMU: `-s -S` waits for GDB.
{
  stdenv,
  qemu,
  # The one that is started.
  kernel ? null,
  image ? null,
  disk ? "",
  firmware ? null,
  firmwareFlag ? "",
  emulator,
  machine,
}:
let
  start =
    if image == null then
      ''-kernel "${kernel}/${kernel.program}"''
    else
      # What firmware and loader write to the disk is lost at the end.
      ''-snapshot -drive "format=raw,if=${disk},file=${image}/disk.img"''
      + (if firmware == null then "" else " " + ''${firmwareFlag} "${firmware}/${firmware.file}"'');
in
stdenv.mkDerivation {
  name = "run-qemu";
  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$out/bin"
    cat >"$out/bin/run-qemu" <<'EOF'
    #!${stdenv.shell}
    exec "${qemu}/bin/qemu-system-${emulator}" ${builtins.concatStringsSep " " machine} -m 256 -nic none -display none \
      -monitor none -no-reboot -serial stdio ${start} "$@"
    EOF
    chmod +x "$out/bin/run-qemu"
  '';

  meta = {
    description = "Starts ${(if image == null then kernel else image).name} in QEMU";
    mainProgram = "run-qemu";
  };
}
