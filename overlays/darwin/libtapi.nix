# Apple's library for text-based stubs of libraries (.tbd), which ld64 reads SDKs with. It stands on a copy of LLVM, of
# which only the parts that it needs are compiled.
{
  stdenv,
  cmake,
  ninja,
  python3,
  src,
  version,
}:
let
  # As upstream's build script has it; the release of Xcode 11 counted its versions in another way.
  fullVersion = { "1100.0.11" = "11.0.0"; }.${version} or version;
in
stdenv.mkDerivation {
  pname = "libtapi";
  inherit version src;

  # As it stands in the store: what is executable stays so, and all of it is of one age, so that make takes no generated
  # file for an old one.
  unpackPhase = ''
    cp -r --preserve=mode,timestamps "$src" source
    chmod -R u+w source
    sourceRoot=source
  '';

  nativeBuildInputs = [
    cmake
    ninja
    python3
  ];

  cmake = [
    "-DCMAKE_BUILD_TYPE=Release"
    "-DTAPI_REPOSITORY_STRING=${version}"
    "-DTAPI_FULL_VERSION=${fullVersion}"
    "-DLLVM_INCLUDE_TESTS=OFF"
    # Programs to measure with, whose headers no newer compiler takes.
    "-DLLVM_INCLUDE_BENCHMARKS=OFF"
    "-DLLVM_TARGETS_TO_BUILD=host"
    # Libraries of the build machine must not leak in.
    "-DLLVM_ENABLE_LIBEDIT=OFF"
    "-DLLVM_ENABLE_LIBXML2=OFF"
    "-DLLVM_ENABLE_TERMINFO=OFF"
    "-DLLVM_ENABLE_ZLIB=OFF"
  ];
  configurePhase = ''
    runHook preConfigure
    # From 1300 on LLVM's projects stand beside it, before that they stood in it.
    projects=
    if [ -d src/tapi ]; then projects='-DLLVM_ENABLE_PROJECTS=tapi;clang'; fi
    mkdir build
    cd build
    # Headers of clang's that only a whole build of clang would find, and one that LLVM's rely on others to include.
    flags="-I$PWD/../src/llvm/projects/clang/include -I$PWD/projects/clang/include -include cstdint"
    cmake -G Ninja ../src/llvm $cmake $projects "-DCMAKE_INSTALL_PREFIX=$out" "-DCMAKE_CXX_FLAGS=$flags"
    runHook postConfigure
  '';
  buildPhase = ''
    runHook preBuild
    # Generates headers that libtapi's own rules do not wait for.
    ninja -j "$NIX_BUILD_CORES" clangBasic
    ninja -j "$NIX_BUILD_CORES" libtapi
    runHook postBuild
  '';
  installPhase = ''
    runHook preInstall
    ninja install-libtapi install-tapi-headers
    runHook postInstall
  '';

  meta.description = "Apple's library for text-based library stubs";
}
