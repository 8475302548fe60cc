# The library of Apple's archive format, which ld64 writes bitcode bundles with.
{
  stdenv,
  autoconf,
  automake,
  libtool,
  libxml2,
  openssl,
  zlib,
  src,
  version,
}:
let
  # GNU's linker looks here for libraries that libraries need; Apple's linker does not need this.
  indirect = if stdenv.hostPlatform.isLinux then " -Wl,-rpath-link,$input/lib" else "";
in
stdenv.mkDerivation {
  pname = "xar";
  inherit version src;

  # As it stands in the store: what is executable stays so, and all of it is of one age, so that make takes no generated
  # file for an old one.
  unpackPhase = ''
    cp -r --preserve=mode,timestamps "$src" source
    chmod -R u+w source
    sourceRoot=source
  '';

  # xml2-config is a program of the library's.
  nativeBuildInputs = [
    autoconf
    automake
    libtool
    libxml2
  ];
  buildInputs = [
    libxml2
    openssl
    zlib
  ];

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${stdenv.hostPlatform.config}"
    "--disable-static"
    # Neither is what a linker compresses with.
    "--without-bzip2"
    "--without-lzma"
  ];
  preConfigure = ''
    cd xar
    if [ ! -e configure ]; then bash ./autogen.sh --noconfigure; fi
    # The probe for OpenSSL asks for a function that became a macro in 1.1, in 2016.
    export ac_cv_lib_crypto_OpenSSL_add_all_ciphers=yes
    # Functions that OpenSSL 3 calls deprecated are there all the same.
    export CFLAGS="-O2 -w"
    for input in $buildInputs; do
      export LDFLAGS="''${LDFLAGS:-} -L$input/lib -Wl,-rpath,$input/lib${indirect}"
    done
  '';

  meta.description = "Library of the eXtensible ARchiver";
}
