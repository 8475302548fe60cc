# The programs of a kernel's development shell: cargo with the crates of Cargo.lock, and rustc with the standard library's
# sources.
{
  stdenv,
  rust,
  crates,
  # Repositories of packages from git.
  git,
  # Lines of cargo's configuration for kernels.
  settings,
}:
stdenv.mkDerivation {
  name = "kernel-shell-files";
  inherit rust crates settings;
  ${if git == [ ] then null else "git"} = git;
  shell = stdenv.shell;

  phases = [ "installPhase" ];
  installPhase = import ./words.nix { inherit stdenv; } + builtins.readFile ./shell-files.sh;

  meta.description = "cargo and rustc for a kernel's shell";
}
