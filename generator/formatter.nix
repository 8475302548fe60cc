# `nix fmt`: Nix files in the style of those that crossloom renders.
{
  stdenv,
  # The program that is crossloom.
  run,
}:
stdenv.mkDerivation {
  name = "crossloom-format";
  inherit run;
  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$out/bin"
    printf '#!/bin/sh\nexec "%s" format "$@"\n' "$run" > "$out/bin/crossloom-format"
    chmod +x "$out/bin/crossloom-format"
  '';
  meta = {
    description = "Formats Nix files in the style of those that crossloom renders";
    mainProgram = "crossloom-format";
  };
}
