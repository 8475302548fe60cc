# A kernel: one package of a cargo workspace, compiled for a machine without an operating system. Its crates and the
# standard library's come from a directory, and nothing is downloaded.
{
  stdenv,
  # The compiler, and the unpacked crates.
  rust,
  crates,
  # The kernel's name in the matrix, and the workspace.
  kernel,
  src,
  # rustc's target, and flags for everything that is compiled for it.
  target,
  rustflags,
  # cargo's package, its program that is the kernel, features, whether there are also the default ones, and profile.
  package,
  program,
  features,
  defaultFeatures ? true,
  profile,
  # Lines of cargo's configuration: variables for compilers and build scripts.
  settings ? [ ],
  # The file in the workspace by which the kernel is linked, where there is one.
  linkerScript ? "",
  # The file in the workspace that describes the target to rustc, where there is one.
  targetFile ? "",
  # Repositories of packages from git.
  git ? [ ],
  # The compiler of C and assembly files, where there are some, and its flags for this target.
  compiler ? "",
  cflags ? [ ],
}:
stdenv.mkDerivation {
  pname = "kernel-${kernel}-${target}";
  version = "0";
  inherit
    src
    rust
    crates
    target
    rustflags
    package
    program
    features
    profile
    linkerScript
    targetFile
    compiler
    cflags
    ;
  # An attribute without a name is left out.
  ${if git == [ ] then null else "git"} = git;
  ${if settings == [ ] then null else "settings"} = builtins.concatStringsSep "\n" settings;
  ${if defaultFeatures then null else "noDefaultFeatures"} = "1";

  nativeBuildInputs = [ rust ];

  buildPhase =
    import ./words.nix { inherit stdenv; }
    + builtins.readFile ./cargo.sh
    + (if git == [ ] then "" else builtins.readFile ./git.sh)
    + builtins.readFile ./target.sh
    + builtins.readFile ./kernel.sh;
  # The build machine's tools must not touch programs for another machine.
  dontConfigure = true;
  dontInstall = true;
  dontStrip = true;
  dontFixup = true;

  passthru = {
    inherit rust target program;
    pname = "${kernel}-${target}";
  };
  meta.description = "The kernel ${kernel} for ${target}";
}
