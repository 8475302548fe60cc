# One build system's outputs, with some recipes built under other circumstances: what must not matter is changed, and the
# results are compared by checks/vary.sh.
{
  # The rendered folder `crossloom`.
  folder,
  system,
  # The seed lock's name in it.
  seed,
  # Names of recipes.
  recipes,
}:
let
  scope = import (folder + "/seed") {
    lock = builtins.fromJSON (builtins.readFile (folder + "/seed/${seed}-${system}.json"));
  };
  # Another directory with another depth, one core, another time zone, home and umask.
  circumstances = ''
    mkdir -p somewhere/else
    mv "''${sourceRoot%%/*}" "somewhere/else/$name"
    case $sourceRoot in
    */*) sourceRoot=somewhere/else/$name/''${sourceRoot#*/} ;;
    *) sourceRoot=somewhere/else/$name ;;
    esac
    NIX_BUILD_CORES=1
    export TZ=Asia/Kathmandu HOME=/var/empty
    umask 027
  '';
  # A recipe that unpacks by itself runs no hook.
  varied = scope.stdenv // {
    mkDerivation =
      attributes:
      scope.stdenv.mkDerivation (
        attributes
        // (
          if attributes ? unpackPhase then
            { unpackPhase = attributes.unpackPhase + circumstances; }
          else
            { postUnpack = (attributes.postUnpack or "") + circumstances; }
        )
      );
  };
in
import (folder + "/${system}.nix") {
  sources = import (folder + "/sources.nix");
  scope = scope // {
    callPackage =
      recipe: args:
      scope.callPackage recipe (
        if builtins.elem (baseNameOf recipe) recipes then { stdenv = varied; } // args else args
      );
  };
}
