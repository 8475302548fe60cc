# The XML parser that GDB reads a target's registers with, static.
{
  stdenv,
  cmake,
  ninja,
  src,
  version,
}:
stdenv.mkDerivation {
  pname = "expat";
  inherit version src;

  nativeBuildInputs = [
    cmake
    ninja
  ];

  configurePhase = ''
    runHook preConfigure
    cmake -G Ninja -S expat -B ../build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$out" -DCMAKE_INSTALL_LIBDIR=lib \
      -DEXPAT_SHARED_LIBS=OFF -DEXPAT_BUILD_DOCS=OFF -DEXPAT_BUILD_EXAMPLES=OFF -DEXPAT_BUILD_TESTS=OFF \
      -DEXPAT_BUILD_TOOLS=OFF
    runHook postConfigure
  '';
  buildPhase = ''
    runHook preBuild
    ninja -C ../build
    runHook postBuild
  '';
  installPhase = ''
    runHook preInstall
    ninja -C ../build install
    runHook postInstall
  '';
  dontDisableStatic = true;

  meta.description = "XML parser";
}
