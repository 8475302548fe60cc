# GDB for one target, its server, and beside them the libraries of the toolchain, where GDB looks for those of a program.
{
  stdenv,
  gdb,
  gdbserver,
  toolchain,
  name,
  version,
  target,
}:
stdenv.mkDerivation {
  pname = name;
  inherit version;

  phases = [ "installPhase" ];
  # Copied: a GDB that is reached through a link looks for its parts where the link points.
  installPhase = ''
    cp -r --no-preserve=ownership ${gdb} "$out"
    chmod -R u+w "$out"
    mkdir -p "$out/${target}/bin"
    cp ${gdbserver}/${target}/bin/gdbserver "$out/${target}/bin/"
    ln -s ${toolchain}/${target}/lib "$out/${target}/lib"
  '';

  meta.description = "GNU debugger and its server for ${target}";
}
