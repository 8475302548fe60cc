# A package or a shell whose SDK has not been imported. It evaluates, so that nothing else of the flake suffers for it;
# who builds or enters it is told what to do. A shell is what can be entered; it is built as any other derivation.
{
  mkShellNoCC,
  name,
  message,
}:
mkShellNoCC {
  inherit name message;
  packages = [ ];

  phases = [ "installPhase" ];
  installPhase = ''
    printf '%s\n' "$message" >&2
    exit 1
  '';
  # A shell is entered without being built.
  shellHook = ''
    printf '%s\n' "$message" >&2
    exit 1
  '';
}
