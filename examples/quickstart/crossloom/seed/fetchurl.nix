# A file by its hash, under the store path that nixpkgs' fetchurl of the same name gives it. `crossloom fetch` puts it
# there; a Nix that reaches the first address that is no mirror gets it by itself.
{
  name,
  urls,
  hash,
}:
let
  direct = builtins.filter (url: builtins.substring 0 9 url != "mirror://") urls;
in
derivation {
  inherit name urls;
  url = builtins.head (direct ++ [ "mirror://only/run-crossloom-fetch-first" ]);
  system = "builtin";
  builder = "builtin:fetchurl";
  outputHashMode = "flat";
  # The pins of npm's packages are SHA-512.
  outputHashAlgo = builtins.substring 0 6 hash;
  outputHash = hash;
  preferLocalBuild = true;
  unpack = false;
  executable = false;
}
