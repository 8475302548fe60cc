# The seed: pinned Debian packages, unpacked and relocated, as a nixpkgs-shaped scope. It stands on nothing but
# Nix's own builders and one static busybox, whose bits come out of its pinned package.
{
  # A seed lock, as `crossloom seed lock` writes it.
  lock,
}:
let
  inherit (lock) system;
  fetchurl = import ./fetchurl.nix;
  multiarch = lock.multiarch;

  fetchDeb =
    package:
    fetchurl {
      name = package.store_name;
      urls = [ "mirror://debian/${package.path}" ];
      hash = package.sha256;
    };

  # Put into the store by `crossloom fetch`, which takes it out of its pinned package and checks this hash.
  busybox = derivation {
    name = "busybox-static";
    system = "builtin";
    builder = "builtin:fetchurl";
    url = "mirror://only/run-crossloom-fetch-first";
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    outputHash = lock.busybox.nar;
    preferLocalBuild = true;
    unpack = false;
    executable = false;
  };

  named = names: builtins.filter (package: builtins.elem package.name names) lock.packages;
  loader = map fetchDeb (builtins.filter (package: package.name != "busybox-static") lock.bootstrap);

  unpack =
    args:
    derivation (
      {
        inherit system busybox multiarch loader;
        outputs = [ "out" ];
        builder = "${busybox}/bin/busybox";
        args = [
          "sh"
          ./unpack.sh
        ];
      }
      // args
    );

  # What programs need when they run: a few megabytes, so that outputs need not keep the whole seed.
  runtime = unpack {
    name = "seed-${lock.suite}-runtime";
    runtime = "";
    debs = map fetchDeb (named [
      "libc6"
      "libgcc-s1"
      "libstdc++6"
    ]);
  };

  tree = unpack {
    name = "seed-${lock.suite}";
    inherit runtime;
    debs = map fetchDeb (
      builtins.filter (package: package.tier == "base") lock.packages
      ++ builtins.filter (package: package.name == "patchelf") lock.bootstrap
    );
  };

  mkDerivation =
    args:
    derivation (
      {
        inherit system busybox;
        name = "${args.pname}-${args.version}";
        outputs = [ "out" ];
        builder = "${tree}/bin/bash";
        args = [
          "-e"
          ./stdenv/builder.sh
        ];
        seed = tree;
        # A folder of its own: an edit elsewhere must not rebuild what was built with it.
        stdenv = ./stdenv;
      }
      // builtins.removeAttrs args [
        "meta"
        "passthru"
        "strictDeps"
      ]
    )
    // {
      meta = args.meta or { };
    }
    // args.passthru or { };

  platform = {
    inherit system;
    config = lock.triple;
    isLinux = true;
    isDarwin = false;
  };

  # One tree holds every tool, so each of nixpkgs' names for one of them is that tree.
  tools = builtins.listToAttrs (
    map
      (name: {
        inherit name;
        value = tree;
      })
      [
        "bash"
        "binutils"
        "bison"
        "bzip2"
        "coreutils"
        "diffutils"
        "file"
        "findutils"
        "flex"
        "gawk"
        "gnumake"
        "gnugrep"
        "gnused"
        "gnutar"
        "m4"
        "patchelf"
        "perl"
        "pkg-config"
        "xz"
      ]
  );

  scope = tools // {
    inherit fetchurl runtime tree busybox;
    stdenv = {
      inherit mkDerivation;
      cc = tree;
      shell = "${tree}/bin/bash";
      buildPlatform = platform;
      hostPlatform = platform;
    };
    # As in nixpkgs: a recipe gets from the scope what it names and is not given.
    callPackage =
      recipe: args:
      let
        function = if builtins.isFunction recipe then recipe else import recipe;
      in
      function (builtins.intersectAttrs (builtins.functionArgs function) scope // args);
  };
in
scope
