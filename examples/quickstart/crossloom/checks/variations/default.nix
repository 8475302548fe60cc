# Every node with `variations`: the node built again under other circumstances, and compared. NODE.variations.together
# is all of them at once, the others are one each, to tell which of them shows. Each is a check that fails when a file
# differs; `.report` says so without failing, `.varied` is the other build. What a node is built from is the same in
# both: a difference is the node's own. What is preloaded is for Linux, so nodes have none where macOS builds.
{
  stdenv,
  # By name.
  nodes,
  unreproducible ? import ./unreproducible.nix,
}:
let
  circumstances = import ./circumstances.nix { inherit tools; };
  every = builtins.attrValues circumstances;
  together = {
    launch = builtins.concatMap (one: one.launch or [ ]) every;
    settings = builtins.concatMap (one: one.settings or [ ]) every;
    pretend = builtins.foldl' (all: one: all // one.pretend or { }) { } every;
  };

  tools = stdenv.mkDerivation {
    name = "variation-tools";
    launch = ./launch.c;
    pretend = ./pretend.c;
    decoys = ./decoys;
    phases = [ "installPhase" ];
    installPhase = builtins.readFile ./tools.sh;
  };

  # The node's own derivation with another builder, which runs the node's.
  varied =
    node: circumstance:
    let
      attributes = node.drvAttrs;
      pretend = circumstance.pretend or { };
      pretended =
        if pretend == { } then
          [ ]
        else
          [ "set=LD_PRELOAD=${tools}/pretend.so" ]
          ++ map (name: "set=PRETEND_${name}=${pretend.${name}}") (builtins.attrNames pretend);
    in
    derivation (
      attributes
      // {
        builder = "${tools}/launch";
        args =
          (circumstance.launch or [ ])
          ++ pretended
          ++ [
            "--"
            attributes.builder
          ]
          ++ attributes.args or [ ];
        stdenv = ./stdenv;
        unvariedStdenv = attributes.stdenv;
        variedSettings = circumstance.settings or [ ];
      }
    );

  compare =
    label: node: other:
    let
      outputs = node.outputs or [ "out" ];
    in
    stdenv.mkDerivation {
      name = "variation-${label}-report";
      compared = outputs;
      once = map (output: node.${output}) outputs;
      varied = map (output: other.${output}) outputs;
      phases = [ "installPhase" ];
      installPhase = builtins.readFile ./compare.sh;
      dontFixup = true;
    };

  check =
    name: node: variation: circumstance:
    let
      label = "${variation}-${name}";
      other = varied node circumstance;
      report = compare label node other;
      known = builtins.filter (one: builtins.match one.node name != null) unreproducible;
      attribute =
        which:
        if known == [ ] then
          ""
        else if builtins.length known == 1 then
          (builtins.head known).${which}
        else
          throw "${name}: several reasons are listed for one node to differ";
    in
    stdenv.mkDerivation {
      name = "variation-${label}";
      inherit report;
      # Why it is known to differ and where, or nothing.
      reason = attribute "reason";
      files = attribute "files";
      difference = attribute "difference";
      phases = [ "installPhase" ];
      installPhase = builtins.readFile ./verdict.sh;
      passthru = {
        inherit report;
        varied = other;
      };
      meta.description = "${name}, built under other circumstances (${variation}) and compared";
    };
in
builtins.mapAttrs (
  name: node:
  node
  // {
    variations =
      if stdenv.buildPlatform.isLinux then
        builtins.mapAttrs (check name node) (circumstances // { inherit together; })
      else
        { };
  }
) nodes
