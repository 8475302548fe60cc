# Apple's linker ld64 and object file tools, as cctools-port brings them to other systems: as, ar, install_name_tool,
# ld, libtool, lipo, nm, otool, ranlib, strip and others, each as <target>-<name>.
{
  stdenv,
  libuuid,
  llvmPackages_19,
  # Apple's library for .tbd stubs.
  libtapi,
  xar,
  src,
  version,
  target,
}:
let
  # Every program does all of Apple's processors; what it is configured for names them, and is what they do where
  # nothing says for which. The port knows x86_64 as such a name and not arm64, as osxcross has it too.
  configured = builtins.replaceStrings [ "arm64-" ] [ "x86_64-" ] target;
  # GNU's linker looks here for libraries that libraries need; Apple's linker does not need this.
  indirect = if stdenv.hostPlatform.isLinux then " -Wl,-rpath-link,$input/lib" else "";
in
stdenv.mkDerivation {
  pname = "cctools-${target}";
  inherit version src;

  # As it stands in the store: what is executable stays so, and all of it is of one age, so that make takes no generated
  # file for an old one.
  unpackPhase = ''
    cp -r --preserve=mode,timestamps "$src" source
    chmod -R u+w source
    sourceRoot=source
  '';

  # Only clang compiles it. nixpkgs' own clang is wrapped; the seed's knows by itself where the C library is.
  nativeBuildInputs = [ (llvmPackages_19.clang or llvmPackages_19.clang-unwrapped) ];
  buildInputs = [
    libtapi
    libuuid
    xar
  ];

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${stdenv.hostPlatform.config}"
    "--target=${configured}"
    "--enable-tapi-support"
    "--with-libtapi=${libtapi}"
    "--with-libxar=${xar}"
    # LLVM's headers and libLTO are no part of a linker that links what clang compiled to machine code.
    "--disable-lto-support"
  ];

  # A member function that nothing calls calls one that no class has, and clang 19 looks into templates that are not used.
  # Upstream's branches from 986 on dropped it.
  postPatch = ''
    cd cctools
    blob=ld64/src/ld/code-sign-blobs/blob.h
    case ${version} in
    973.*)
      grep -q 'return specific(this->BlobCore::clone());' "$blob" || {
        echo "$blob has no such function any more" >&2
        exit 1
      }
      sed -i 's/return specific(this->BlobCore::clone());/return NULL;/' "$blob"
      ;;
    esac
  '';
  preConfigure = ''
    export CC=clang CXX=clang++ CFLAGS=-O2 CXXFLAGS=-O2
    for input in $buildInputs; do
      export LDFLAGS="''${LDFLAGS:-} -L$input/lib -Wl,-rpath,$input/lib${indirect}"
    done
  '';
  enableParallelBuilding = true;

  postInstall = ''
    for tool in ar as install_name_tool ld libtool lipo nm otool ranlib strip; do
      [ -x "$out/bin/${configured}-$tool" ] || { echo "there is no ${configured}-$tool" >&2; exit 1; }
    done
    if [ ${configured} != ${target} ]; then
      for tool in "$out"/bin/${configured}-*; do
        ln -s "''${tool##*/}" "$out/bin/${target}-''${tool##*/${configured}-}"
      done
    fi
    said=$("$out/bin/${target}-ld" -v 2>&1) || true
    case $said in
    *PROJECT:ld64*) ;;
    *) echo "its linker does not run: $said" >&2; exit 1 ;;
    esac
  '';

  meta.description = "Apple's linker and object file tools for ${target}";
}
