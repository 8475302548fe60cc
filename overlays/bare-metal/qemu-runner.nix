# The program by which `cargo run` and `cargo test` start a kernel in QEMU. It ends with 0 if the machine ends as a kernel that
# works does.
{
  stdenv,
  qemu,
  emulator,
  # Flags for QEMU.
  machine,
  status,
}:
stdenv.mkDerivation {
  name = "qemu-runner-${emulator}";
  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$out/bin"
    cat >"$out/bin/run-in-qemu" <<'EOF'
    #!${stdenv.shell}
    kernel=$1
    shift
    found=0
    start=("${qemu}/bin/qemu-system-${emulator}" ${machine} -m 256 -nic none -display none -monitor none -no-reboot
      -serial stdio -kernel "$kernel" "$@")
    # Somebody at a terminal may type, and ends a kernel that does not end by itself. cargo has programs of tests in `deps`.
    folder=''${kernel%/*}
    if [ -t 0 ] && [ "''${folder##*/}" != deps ]; then
      "''${start[@]}" || found=$?
    else
      timeout 300 "''${start[@]}" </dev/null || found=$?
    fi
    if [ "$found" != ${status} ]; then
      echo "error: QEMU ended with status $found, not ${status} (124: the kernel did not end within 300 seconds)" >&2
      exit 1
    fi
    EOF
    chmod +x "$out/bin/run-in-qemu"
  '';

  meta.description = "Starts a kernel in QEMU for cargo";
}
