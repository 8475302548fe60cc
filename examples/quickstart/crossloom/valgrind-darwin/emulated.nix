# Valgrind's tools for macOS, run: their static executables on an emulated processor, with Darwin's side of a process in
# Python. What this can't reach is what needs a Mac's dyld: the launcher, the preload libraries, a program's malloc.
{
  stdenv,
  python3,
  # Python package with the processor, a wheel of PyPI's.
  unicorn,
  # Valgrind's tree for the target.
  valgrind,
  # Compiler and linker for the target.
  cc,
  target,
  # The kernel's release that Valgrind was compiled for: `22.6.0`.
  release,
}:
stdenv.mkDerivation {
  pname = "check-emulated-${target}";
  version = valgrind.version or "0";

  nativeBuildInputs = [
    python3
    cc
  ];
  emulator = ./emulator;
  inherit
    release
    target
    unicorn
    valgrind
    ;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./emulated.sh;

  meta.description = "Valgrind's tools for ${target}, run under an emulator";
}
