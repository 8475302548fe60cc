{
  description = "crossloom's examples: cross toolchains, built from sources";

  # Read only on build machines without a seed, and for crossloom itself.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs =
    { self, nixpkgs }:
    let
      fromTree = tree: import tree { inherit nixpkgs; };
      example = fromTree ./examples/quickstart/crossloom;
      # Build systems that crossloom renders for.
      systems = seeded ++ [
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      seeded = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      each =
        systems: output:
        builtins.listToAttrs (
          map (name: {
            inherit name;
            value = output name;
          }) systems
        );
      # The seed as a package set of nixpkgs' shape, from a lock that `crossloom seed lock` wrote, read as JSON.
      seed = lock: import ./overlays/seed { inherit lock; };
      # crossloom, as nixpkgs makes it when this runs.
      run = "${self}/generator/run.sh";
      # An old Nix takes what is in a program's context for derivations, and this flake's source is none.
      appProgram =
        if builtins.compareVersions builtins.nixVersion "2.26" < 0 then
          builtins.unsafeDiscardStringContext
        else
          program: program;
      quickstart = {
        path = ./examples/quickstart;
        description = "Valgrind for macOS, its toolchain, and GCC for two musl targets";
      };
      # The other examples are a matrix, its lock and the files that they name, and no flake yet.
      template = path: description: {
        inherit path;
        description = "${description}. First run `crossloom lock` and `crossloom generate`";
        welcomeText = ''
          Write flake.lock, flake.nix and the folder crossloom, which Nix reads:

              crossloom lock
              crossloom generate

          In a git repository, `git add` them: Nix sees tracked files only. README.md says what can be built.
        '';
      };
    in
    example
    // {
      # `nix build .#crossloom` looks here, too. Among packages it would have every look at this flake fetch nixpkgs, which
      # nothing else needs on Linux.
      legacyPackages = each systems (
        system:
        example.legacyPackages.${system} or { }
        // {
          crossloom = nixpkgs.legacyPackages.${system}.callPackage ./generator/package.nix { };
        }
      );

      apps = each systems (_: rec {
        default = crossloom;
        crossloom = {
          type = "app";
          program = appProgram run;
          meta.description = "Reads a target matrix and emits Nix derivations for cross toolchains";
        };
      });

      # A derivation by all means: without a seed it would be one of nixpkgs', which every look would fetch.
      formatter = each seeded (
        system:
        let
          lock = builtins.fromJSON (builtins.readFile ./generator/data/seeds/bookworm-${system}.json);
        in
        (seed lock).callPackage ./generator/formatter.nix { inherit run; }
      );

      templates = {
        inherit quickstart;
        default = quickstart;
        darwin-hello = template ./examples/darwin-hello "Toolchains for Macs of both processors, for an old and a new macOS";
        kernel-arm64 = template ./examples/kernel-arm64 "A Linux kernel for arm64 that boots in QEMU, with your own settings";
        bare-metal = template ./examples/bare-metal "A kernel in Rust without an operating system, booted in QEMU";
        nodeos = template ./examples/nodeos "A system whose first process is JavaScript, booted in QEMU";
        nodejs = template ./examples/nodejs "Node.js as the first process, and native addons of npm";
        kernel-module = template ./examples/kernel-module "Linux kernels for x86_64 and riscv64, each with your own module";
        osxcross = template ./examples/osxcross "Apple's linker and tools against Apple's SDK, whose licence bars passing it on";
        portable = template ./examples/portable "GCC with musl as archives for machines without Nix";
        valgrind-darwin = template ./examples/valgrind-darwin "Valgrind for every generation of macOS that it supports";
      };

      # The example's packages for nixpkgs, and crossloom's recipes, to be called with versions and sources of any kind.
      overlays = example.overlays // {
        recipes = import ./overlays;
      };

      lib = {
        # A rendered folder crossloom/ as the outputs of a flake, with this flake's nixpkgs where no seed is.
        inherit fromTree;
        inherit systems;
        inherit seed;
      };
    };
}
