# GDB's server, a static program: it runs on the target and controls the program there.
{
  stdenv,
  toolchain,
  src,
  version,
  target,
}:
stdenv.mkDerivation {
  pname = "gdbserver-${target}";
  inherit version src;

  nativeBuildInputs = [ toolchain ];

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${target}"
    "--target=${target}"
    "--disable-gdb"
    "--disable-inprocess-agent"
    "--disable-nls"
    "--disable-sim"
    "--disable-werror"
    "--enable-gdbserver"
  ];
  preConfigure = ''
    mkdir ../build
    cd ../build
    configureScript=../$sourceRoot/configure
    export CC=${target}-gcc CXX=${target}-g++ AR=${target}-ar AS=${target}-as LD=${target}-ld NM=${target}-nm
    export RANLIB=${target}-ranlib STRIP=${target}-strip
    configureFlagsArray+=("CFLAGS=-O2 -g0 -ffile-prefix-map=$NIX_BUILD_TOP=."
      "CXXFLAGS=-O2 -g0 -ffile-prefix-map=$NIX_BUILD_TOP=." "LDFLAGS=-static")
  '';
  makeFlags = [ "MAKEINFO=true" ];
  buildFlags = [ "all-gdbserver" ];
  installPhase = ''
    runHook preInstall
    mkdir -p "$out/${target}/bin"
    ${target}-strip -o "$out/${target}/bin/gdbserver" gdbserver/gdbserver
    runHook postInstall
  '';

  enableParallelBuilding = true;
  # A program for another machine.
  dontStrip = true;
  dontPatchELF = true;

  meta.description = "GDB's server for ${target}";
}
