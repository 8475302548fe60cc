# What proves that variations vary: a node that writes each circumstance into a file of that circumstance's name, and
# that comparing sees every kind of difference. A variation that changed nothing would find every node reproducible.
{
  # A rendered folder `crossloom`, for its seed.
  folder,
  system,
}:
let
  scope = import ../scope.nix { inherit folder system; };
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
  outputs.outputs = [
    "out"
    "doc"
    "single"
  ];
  nodes = scope.callPackage ../variations {
    nodes = {
      canary = node "canary" ./canary.sh { };
      kinds = node "kinds" ./kinds.sh outputs;
      partly = node "partly" ./kinds.sh outputs;
      contents = node "contents" ./kinds.sh outputs;
      broken = node "broken" ./kinds.sh outputs;
      plain = node "plain" (builtins.toFile "plain.sh" ''mkdir "$out" && echo "$out" >"$out/plain"'') { };
    };
    unreproducible = [
      {
        node = "kinds";
        files = ".*";
        difference = ".*";
        reason = "it is made to differ";
      }
      {
        node = "part.*";
        files = "out/content|out/empty";
        difference = ".*";
        reason = "a part of what differs is known to";
      }
      {
        node = "contents";
        files = ".*";
        difference = "content, .*";
        reason = "contents alone are known to differ";
      }
      {
        node = "broken";
        files = "out/(y";
        difference = ".*";
        reason = "a pattern that is none";
      }
      {
        node = "plain";
        files = "";
        difference = "";
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
    inherit (nodes) canary;
    reports = map (variation: nodes.canary.variations.${variation}.report) variations;
    # The known difference: this one is built, so its check passed.
    kinds = nodes.kinds.variations.directory;
    expectedKinds = ./kinds.txt;
    phases = [ "installPhase" ];
    installPhase = builtins.readFile ./proof.sh;
  };
}
