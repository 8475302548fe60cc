# A program that starts a system in QEMU, with its console on the terminal: `nix run .#CELL-qemu`. Its arguments go to QEMU.
# Ctrl-C goes to the system; Ctrl-A X ends QEMU. Port 80 of the system is port 8080 of this machine, or the one in HTTP_PORT; words in APPEND go to the kernel command line.
{
  stdenv,
  qemu,
  package,
  emulator,
  machine,
}:
let
  inherit (package.initramfs.runtime) memory;
in
stdenv.mkDerivation {
  name = "run-system";
  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$out/bin"
    cat >"$out/bin/run-system" <<'EOF'
    #!${stdenv.shell}
    exec "${qemu}/bin/qemu-system-${emulator}" ${builtins.concatStringsSep " " machine} -m ${memory} -display none \
      -no-reboot -serial mon:stdio -netdev "user,id=net,hostfwd=tcp:127.0.0.1:''${HTTP_PORT:-8080}-:80" \
      -device virtio-net-pci,netdev=net,romfile= -kernel "${package}/kernel" -initrd "${package}/initramfs" \
      -append "$(<"${package}/command-line") ''${APPEND:-}" "$@"
    EOF
    chmod +x "$out/bin/run-system"
  '';

  meta = {
    description = "Starts ${package.name} in QEMU";
    mainProgram = "run-system";
  };
}
