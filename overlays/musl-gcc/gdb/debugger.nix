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
  inherit
    (import ../forget.nix {
      inherit stdenv;
      parts = [ gdb ];
    })
    forget
    script
    ;
in
stdenv.mkDerivation {
  pname = "debugger-${target}";
  inherit version gdbserver forget;

  phases = [ "installPhase" ];
  # Copied: a GDB that is reached through a link looks for its parts where the link points.
  installPhase = ''
    cp -r --no-preserve=ownership ${gdb} "$out"
    chmod -R u+w "$out"
    ${script}
    mkdir -p "$out/${target}/bin"
    if [ -n "$gdbserver" ]; then cp "$gdbserver/${target}/bin/gdbserver" "$out/${target}/bin/"; fi
    ln -s ${toolchain}/${target}/lib "$out/${target}/lib"
  '';
  disallowedReferences = forget;

  meta.description = "GNU debugger and its server for ${target}";
}
