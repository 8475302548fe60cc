# Runs Node.js' own tests of some modules in a system that QEMU starts. A second archive, appended to the initramfs, holds the
# tests, and a word on the kernel command line starts them in the place of the main script.
{
  stdenv,
  cpio,
  qemu,
  package,
  emulator,
  machine,
  # The source, its major version, and which of its tests: patterns of file names below its folder `test`.
  src,
  line,
  tests,
}:
stdenv.mkDerivation {
  name = "check-tests-${package.initramfs.runtime.pname}";
  nativeBuildInputs = [ cpio ];
  inherit
    package
    qemu
    emulator
    machine
    src
    tests
    ;
  runner = ./tests/run.js;
  # Tests that fail, and why: a name and a reason on each line.
  known = ./tests + "/known-${line}.tsv";

  phases = [ "installPhase" ];
  installPhase =
    import ../../bare-metal/words.nix { inherit stdenv; } + builtins.readFile ./tests/tests.sh;

  meta.description = "Node.js' own tests, run in ${package.pname}";
}
