# A toolchain as one archive that works wherever it is unpacked, with what build tools read about it.
{
  stdenv,
  # In one prefix with its pkg-config, and with programs that run anywhere.
  toolchain,
  # The archive's folder.
  name,
  version,
  target,
  # The beginning of the programs' names.
  toolPrefix,
  # Whether there is a C++ compiler.
  cxx,
  # Whether there is a Fortran compiler.
  fortran ? false,
  # The triple's first part.
  cpu,
  # The processor as `uname -m` names it.
  uname,
  # Meson's name of the family of processors.
  family,
  # `little` or `big`
  endian,
  # Rust's name of the target, or nothing.
  rust,
  # What the toolchain is built from, and package and version of each.
  sources,
  packages,
  # Patches of the user's, and of each `package/file`.
  patches,
  patchnames,
}:
let
  # A word that stands in no file: the place of the archive's folder, which each format spells in its own way.
  place = "__PLACE__";
  variables = import ./variables.nix {
    inherit target cxx fortran;
    files = "${place}/share/crossloom";
    sysroot = "${place}/${target}";
  };
  # Bazel's names of processors. It has none for the others, whose platform has the system alone.
  bazel = {
    little = {
      aarch64 = "aarch64";
      arm = "arm";
      ppc64 = "ppc64le";
      riscv32 = "riscv32";
      riscv64 = "riscv64";
      x86 = "x86_32";
      x86_64 = "x86_64";
    };
    big = {
      ppc = "ppc32";
      s390x = "s390x";
    };
  };
in
stdenv.mkDerivation {
  inherit
    toolchain
    version
    target
    cpu
    uname
    family
    endian
    rust
    place
    sources
    packages
    patches
    patchnames
    ;
  # A source of the user's may have no address.
  digests = map (source: source.outputHash or "-") sources;
  addresses = map (source: builtins.concatStringsSep "," (source.urls or [ "-" ])) sources;
  pname = "${name}-tarball";
  toolprefix = toolPrefix;
  folder = name;
  cxx = if cxx then "1" else "";
  variables = map (name: "${name}=${variables.${name}}") (builtins.attrNames variables);
  machine = stdenv.hostPlatform.system;
  bazelcpu = bazel.${endian}.${family} or "";
  # What the toolchain's shells have, too.
  shared = ../shell/share;
  archive = ./archive;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./archive.sh;

  meta.description = "Cross toolchain for ${target}, as an archive";
}
