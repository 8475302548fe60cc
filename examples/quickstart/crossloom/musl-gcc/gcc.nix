# GCC's host programs for one target: drivers, compilers, preprocessor. No library for the target is built here and
# none is read, so neither the C library nor a runtime library can rebuild it.
#
# out   the programs, as they are installed
# dev   what the runtime libraries' build reads of this build: generated headers and libgcc.mvars
{
  stdenv,
  binutils,
  bison,
  flex,
  gmp,
  mpc,
  mpfr,
  perl,
  src,
  version,
  target,
  languages,
  flags,
  # Whether GCC has to be told how `-static-pie` links for the target: by itself it would link a dynamic program.
  addStaticPie ? false,
  # See host.nix.
  hostToolchain ? "",
  # With that, the build machine's compiler for the target, of the same version: this build asks it what the new one can't tell.
  nativeGcc ? "",
}:
let
  host = import ./host.nix {
    inherit stdenv;
    toolchain = hostToolchain;
  };
in
host.mkPrograms {
  pname = "gcc-${target}";
  inherit version src;
  inherit (import ./gcc-archive.nix) postUnpack;
  outputs = [ "out" ] ++ (if host.portable then [ ] else [ "dev" ]);
  # nixpkgs would move include/ into dev, and with it the place where the driver looks for the target's headers.
  setOutputFlags = false;

  nativeBuildInputs = [
    binutils
    bison
    flex
    perl
  ]
  ++ (if host.portable then [ nativeGcc ] else [ ]);

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${host.config}"
    "--target=${target}"
    "--enable-languages=${languages}"
    "--with-gmp=${gmp}"
    "--with-mpfr=${mpfr}"
    "--with-mpc=${mpc}"
    # Below the prefix, hence found relative to the driver wherever the toolchain is moved to.
    "--with-sysroot=${host.prefix}/${target}"
    # A sysroot of musl has no /usr.
    "--with-native-system-header-dir=/include"
    "--disable-multilib"
    "--disable-nls"
    "--disable-werror"
    # Release checking, as in every release; spelled out since a snapshot would default to the slow one.
    "--enable-checking=release"
    # Plugins' headers hold the build's paths; GCC's own (lto) needs no such support.
    "--disable-plugin"
    "--disable-libcc1"
    # Host libraries: the build machine's must not leak in.
    "--without-isl"
    "--without-zstd"
  ]
  # A static program can't load plugins, and the linker would be told to load this one. Objects hold machine code beside what
  # link-time optimisation reads, then, unless -fno-fat-lto-objects is given, which is an error.
  ++ (if host.portable then [ "--disable-lto-plugin" ] else [ ])
  ++ flags;

  postPatch = import ./gcc-edits.nix {
    inherit version target addStaticPie;
    inherit (host) portable;
  };
  # GCC asks whether the target has a limits.h to chain to; an empty one says yes without a C library.
  preConfigure = ''
    mkdir -p ../build ../headers/include
    touch ../headers/include/limits.h
    cd ../build
    configureScript=../$sourceRoot/configure
    configureFlagsArray+=("--with-build-sysroot=$NIX_BUILD_TOP/headers" "CFLAGS=-O2" "CXXFLAGS=-O2")
  '';
  # `gcc -v` prints the configuration: without the build's own paths, which would keep the build's inputs alive.
  postConfigure = ''
    sed -i "s|^TOPLEVEL_CONFIGURE_ARGUMENTS=.*|TOPLEVEL_CONFIGURE_ARGUMENTS=--target=${target} --enable-languages=${languages} ${toString flags}|" Makefile
  '';
  makeFlags = [ "MAKEINFO=true" ];
  buildFlags = [ "all-host" ];
  installTargets = [ "install-strip-host" ];

  postInstall = ''
    rm -rf "$out/share/info" "$out/share/man" "$out/include" "$out"/lib/gcc/*/*/{install-tools,plugin} \
      "$out"/libexec/gcc/*/*/install-tools
  ''
  + (
    if host.portable then
      ""
    else
      ''
        # The driver looks for its assembler and linker here before it looks on PATH.
        mkdir -p "$out/${target}"
        ln -s ${binutils}/${target}/bin "$out/${target}/bin"

        mkdir -p "$dev/gcc"
        cp gcc/*.h gcc/*.def gcc/libgcc.mvars "$dev/gcc/"
      ''
  );

  enableParallelBuilding = true;
  # Format strings in GCC's sources are checked by GCC's own rules.
  hardeningDisable = [ "format" ];

  meta.description = "GNU Compiler Collection's host programs for ${target}";
}
