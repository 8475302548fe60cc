{
  description = "crossloom's examples: cross toolchains, built from sources";

  # Read only on build machines without a seed, and for crossloom itself.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs =
    { self, nixpkgs }:
    let
      fromTree = tree: import tree { inherit nixpkgs; };
      example = fromTree ./examples/quickstart/crossloom;
      # Build systems that crossloom renders for; those of Linux have a seed.
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      quickstart = {
        path = ./examples/quickstart;
        description = "Valgrind for macOS, its toolchain, and GCC for two musl targets";
      };
    in
    example
    // {
      # `nix build .#crossloom` and `nix run .#crossloom` look here, too. Among packages and apps it would have every look at
      # this flake fetch nixpkgs, which nothing else needs on Linux.
      legacyPackages = builtins.listToAttrs (
        map (name: {
          inherit name;
          value = example.legacyPackages.${name} or { } // {
            crossloom = nixpkgs.legacyPackages.${name}.callPackage ./overlays/package.nix { };
          };
        }) systems
      );

      templates = {
        inherit quickstart;
        default = quickstart;
        darwin-hello = {
          path = ./examples/darwin-hello;
          description = "Toolchains for Macs of both processors, for an old and a new macOS";
        };
        kernel-arm64 = {
          path = ./examples/kernel-arm64;
          description = "A Linux kernel for arm64 that boots in QEMU, with settings of one's own";
        };
        kernel-module = {
          path = ./examples/kernel-module;
          description = "Linux kernels for x86_64 and riscv64, each with a module of one's own";
        };
        osxcross = {
          path = ./examples/osxcross;
          description = "Apple's linker and tools against Apple's SDK, whose licence bars passing it on";
        };
        valgrind-darwin = {
          path = ./examples/valgrind-darwin;
          description = "Valgrind for every generation of macOS that it supports";
        };
      };

      lib = {
        # A rendered folder crossloom/ as the outputs of a flake, with this flake's nixpkgs where no seed is.
        inherit fromTree;
        inherit systems;
        # The seed as a package set of nixpkgs' shape, from a lock that `crossloom seed lock` wrote, read as JSON.
        seed = lock: import ./overlays/seed { inherit lock; };
      };
    };
}
