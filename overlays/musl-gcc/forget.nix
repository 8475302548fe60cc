# How a package forgets the places that its parts were configured for. Every program finds its parts relative to itself; the
# places would keep the parts alive beside their copies, and a program would silently fall back to them.
{
  stdenv,
  parts,
}:
{
  # For `disallowedReferences`, too. macOS kills a program whose bytes changed after it was signed.
  forget = if stdenv.hostPlatform.isDarwin then [ ] else parts;
  # The end of an installPhase, of a derivation that has `forget`.
  script = ''
    for part in $forget; do
      hash=$(basename "$part" | cut -d- -f1)
      { grep -rlF "$hash" "$out" || true; } | while read -r file; do
        sed -i "s/$hash/''${hash//?/e}/g" "$file"
      done
    done'';
}
