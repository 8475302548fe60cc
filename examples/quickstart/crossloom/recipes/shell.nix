# A development shell for one target: the cross compiler under the names that build systems look for.
{
  stdenv,
  toolchain,
  target,
}:
stdenv.mkDerivation {
  pname = "${target}-shell";
  version = toolchain.version or "0";

  nativeBuildInputs = [ toolchain ];

  CC = "${target}-gcc";
  CXX = "${target}-g++";
  CPP = "${target}-cpp";
  AR = "${target}-ar";
  AS = "${target}-as";
  LD = "${target}-ld";
  NM = "${target}-nm";
  OBJCOPY = "${target}-objcopy";
  OBJDUMP = "${target}-objdump";
  RANLIB = "${target}-ranlib";
  READELF = "${target}-readelf";
  STRIP = "${target}-strip";
  CROSS_COMPILE = "${target}-";

  # A shell is entered, not built; that it can be realised spares `nix flake check` an exception.
  phases = [ "installPhase" ];
  installPhase = ''
    mkdir "$out"
  '';

  meta.description = "Development shell for ${target}";
}
