# Every output of a rendered folder for Linux, as lines of text: `name system kind attribute derivation`.
{ name, folder }:
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    filter
    match
    unsafeDiscardStringContext
    ;
  outputs = import (/. + folder) { };
  kinds = [
    "packages"
    "devShells"
    "checks"
    "legacyPackages"
  ];
  # Others need nixpkgs.
  systems = filter (system: match ".*-linux" system != null) (attrNames outputs.packages);
  line =
    system: kind: attribute:
    let
      path = unsafeDiscardStringContext outputs.${kind}.${system}.${attribute}.drvPath;
    in
    "${name} ${system} ${kind} ${attribute} ${baseNameOf path}\n";
  lines =
    system: concatMap (kind: map (line system kind) (attrNames outputs.${kind}.${system})) kinds;
in
concatStringsSep "" (concatMap lines systems)
