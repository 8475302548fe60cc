# A package or a shell whose SDK has not been imported. It evaluates, so that nothing else of the flake suffers for it;
# who builds or enters it is told what to do.
{
  stdenv,
  name,
  message,
}:
stdenv.mkDerivation {
  inherit name message;

  phases = [ "installPhase" ];
  installPhase = ''
    printf '%s\n' "$message" >&2
    exit 1
  '';
  # A shell of a derivation is made without building it, and runs this first.
  shellHook = ''
    printf '%s\n' "$message" >&2
    exit 1
  '';

  meta.description = message;
}
