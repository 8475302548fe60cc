# Whether programs for the build machine could be built on a Mac: each is compiled for it by the compiler of this machine, with
# the standard library from the pinned sources, and linked by crossloom's toolchain. Build scripts and procedural macros are
# for this machine. What comes out is looked at, and none is run.
{
  stdenv,
  rust,
  # The standard library's crates, unpacked.
  standard,
  # The same programs for this machine, of which only the sources are taken.
  tools,
  # A compiler for macOS of crossloom's, with stubs of the system's libraries in its SDK.
  cc,
  # The Mac, as rustc calls it.
  target,
}:
let
  once =
    list: builtins.foldl' (all: one: if builtins.elem one all then all else all ++ [ one ]) [ ] list;
  # Repositories of packages from git.
  git = once (builtins.concatMap (tool: tool.git or [ ]) tools);
in
stdenv.mkDerivation {
  name = "check-host-tools-darwin-${rust.version}";
  inherit
    rust
    cc
    target
    git
    ;
  # The second word belongs to the second program, and so on.
  packages = map (tool: tool.package) tools;
  sources = map (tool: tool.src) tools;
  # Crates of all, and of the standard library.
  vendored = once ([ standard ] ++ map (tool: tool.crates) tools);
  triple = cc.target;
  inherit (cc) arch minimum;
  sdk = "${cc}/sdk";

  nativeBuildInputs = [
    rust
    cc.staticMacho
  ];

  phases = [ "installPhase" ];
  installPhase =
    import ./words.nix { inherit stdenv; }
    + ''
      crates=$NIX_BUILD_TOP/crates
      mkdir "$crates"
      for folder in $vendored; do ln -sf "$folder"/* "$crates/"; done
    ''
    + builtins.readFile ./cargo.sh
    + (if git == [ ] then "" else builtins.readFile ./git.sh)
    + builtins.readFile ./host-tools-darwin.sh;

  meta.description = "Programs for the build machine, compiled and linked for macOS";
}
