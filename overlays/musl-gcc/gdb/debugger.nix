# GDB for one target, its server, and beside them the libraries of the toolchain, where GDB looks for those of the program.
{
  stdenv,
  gdb,
  # Empty for a target that gdbserver is not ported to.
  gdbserver,
  toolchain,
  version,
  target,
}:
let
  # macOS kills a program whose bytes changed after it was signed.
  forget = if stdenv.hostPlatform.isDarwin then [ ] else [ gdb ];
in
stdenv.mkDerivation {
  pname = "debugger-${target}";
  inherit version gdbserver forget;

  phases = [ "installPhase" ];
  # Copied: a GDB that is reached through a link looks for its parts where the link points. The place that it was configured
  # for is blotted out, as in toolchain.nix.
  installPhase = ''
    cp -r --no-preserve=ownership ${gdb} "$out"
    chmod -R u+w "$out"
    for part in $forget; do
      hash=$(basename "$part" | cut -d- -f1)
      { grep -rlF "$hash" "$out" || true; } | while read -r file; do
        sed -i "s/$hash/''${hash//?/e}/g" "$file"
      done
    done
    mkdir -p "$out/${target}/bin"
    if [ -n "$gdbserver" ]; then cp "$gdbserver/${target}/bin/gdbserver" "$out/${target}/bin/"; fi
    ln -s ${toolchain}/${target}/lib "$out/${target}/lib"
  '';
  disallowedReferences = forget;

  meta.description = "GNU debugger and its server for ${target}";
}
