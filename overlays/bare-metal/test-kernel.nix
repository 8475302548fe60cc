# The tests of a kernel: `cargo test` compiles them as kernels of their own, and starts each in QEMU. A program of tests works
# if the machine ends with the kernel's own status of success.
{
  stdenv,
  qemu,
  kernel,
  emulator,
  machine,
  status,
}:
stdenv.mkDerivation {
  name = "check-test-${kernel.name}";
  inherit (kernel)
    src
    rust
    crates
    target
    rustflags
    package
    features
    profile
    linkerScript
    targetFile
    compiler
    cflags
    ;
  # An attribute without a name is left out.
  ${if kernel ? git then "git" else null} = kernel.git;
  ${if kernel ? settings then "settings" else null} = kernel.settings;
  ${if kernel ? noDefaultFeatures then "noDefaultFeatures" else null} = kernel.noDefaultFeatures;
  runner = import ./qemu-runner.nix {
    inherit
      stdenv
      qemu
      emulator
      status
      ;
    machine = builtins.concatStringsSep " " machine;
  };

  nativeBuildInputs = [ kernel.rust ];

  buildPhase =
    import ./words.nix { inherit stdenv; }
    + builtins.readFile ./cargo.sh
    + (if kernel ? git then builtins.readFile ./git.sh else "")
    + builtins.readFile ./target.sh
    + builtins.readFile ./test-kernel.sh;
  dontConfigure = true;
  dontInstall = true;
  dontStrip = true;
  dontFixup = true;

  meta.description = "The tests of ${kernel.name}, in QEMU";
}
