# A source tree by the NAR hash of what its archive holds below the one top directory, under the store path that
# nixpkgs' fetchzip of the same name gives it. `crossloom fetch` puts it there. Nix's own builder downloads files and
# unpacks none, so that nothing else does.
{
  name,
  url ? null,
  urls ? [ url ],
  hash,
}:
derivation {
  inherit name urls;
  url = "mirror://only/run-crossloom-fetch-first";
  system = "builtin";
  builder = "builtin:fetchurl";
  outputHashMode = "recursive";
  outputHashAlgo = "sha256";
  outputHash = hash;
  preferLocalBuild = true;
  unpack = false;
  executable = false;
}
