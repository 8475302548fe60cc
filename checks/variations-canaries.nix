# What proves that variations vary: a node that writes each circumstance into a file of that circumstance's name, and
# that comparing sees every kind of difference. A variation that changed nothing would find every node reproducible.
{
  # A rendered folder `crossloom`, for its seed.
  folder,
  system,
}:
let
  scope = import ./scope.nix { inherit folder system; };
  inherit (scope) stdenv;
  node =
    name: script: more:
    stdenv.mkDerivation (
      {
        inherit name script;
        phases = [ "installPhase" ];
        installPhase = ''source "$script"'';
      }
      // more
    );
  nodes = scope.callPackage ./variations {
    nodes = {
      canary = node "canary" ./variations-canaries/canary.sh { };
      kinds = node "kinds" ./variations-canaries/kinds.sh {
        outputs = [
          "out"
          "doc"
          "single"
        ];
      };
      partly = node "partly" ./variations-canaries/kinds.sh {
        outputs = [
          "out"
          "doc"
          "single"
        ];
      };
      plain = node "plain" (builtins.toFile "plain.sh" ''mkdir "$out" && echo "$out" >"$out/plain"'') { };
    };
    unreproducible = [
      {
        node = "kinds";
        files = ".*";
        reason = "it is made to differ";
      }
      {
        node = "part.*";
        files = "out/content|out/empty";
        reason = "a part of what differs is known to";
      }
      {
        node = "plain";
        files = "";
        reason = "a reason that is none: both builds are identical";
      }
    ];
  };
  variations = builtins.attrNames nodes.canary.variations;
in
{
  inherit nodes;

  proof = stdenv.mkDerivation {
    name = "variations-canaries";
    inherit variations;
    reports = map (variation: nodes.canary.variations.${variation}.report) variations;
    # The known difference: this one is built, so its check passed.
    kinds = nodes.kinds.variations.directory;
    expectedKinds = ./variations-canaries/kinds.txt;
    phases = [ "installPhase" ];
    installPhase = builtins.readFile ./variations-canaries/proof.sh;
  };
}
