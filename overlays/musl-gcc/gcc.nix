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

  # Debian's archive has stubs in place of the manuals' sources, and make wants to compare one of them with what the
  # compiler's own tables say it should be.
  # One directory for libraries, lib: without multilib there is no other, but some 64-bit targets would still use lib64.
  postPatch = ''
    grep -q '^s-tm-texi: build.genhooks' gcc/Makefile.in
    grep -qF '|| test -n "$(MULTILIB_OSDIRNAMES)"' gcc/Makefile.in
    sed -i '/^s-tm-texi: build.genhooks/,/^$/c s-tm-texi:\n\t$(STAMP) $@\n' gcc/Makefile.in
    sed -i 's/|| test -n "$(MULTILIB_OSDIRNAMES)"/|| false/' gcc/Makefile.in
    # The bundled zlib takes every Darwin since Mac OS 9 for one without fdopen.
    sed -i '/# *define fdopen(fd,mode) NULL/d' zlib/zutil.h
  ''
  + (
    if addStaticPie then
      ''
        grep -q '^#define LINK_PIE_SPEC "%{static|shared|r' gcc/gcc.cc
        sed -i 's/^#define LINK_PIE_SPEC "/&%{static-pie:-static -pie --no-dynamic-linker -z text} /' gcc/gcc.cc
      ''
    else
      ""
  )
  # The path of lto-wrapper is escaped for the options of the linker's plugin. Without a plugin nothing takes the escapes away, and
  # -flto fails in a folder whose name has a blank. So does -flto=auto, which writes the driver's path into a makefile.
  + (
    if host.portable then
      ''
        grep -q 'lto_wrapper_file = convert_white_space (lto_wrapper_file);' gcc/gcc.cc
        sed -i '/lto_wrapper_file = convert_white_space (lto_wrapper_file);/d' gcc/gcc.cc
        grep -qF '"%s:\n\t@%s ", output_name, new_argv[0]' gcc/lto-wrapper.cc
        sed -i "s/\"%s:\\\\n\\\\t@%s \", output_name/\"%s:\\\\n\\\\t@'%s' \", output_name/" gcc/lto-wrapper.cc
      ''
    else
      ""
  )
  # Start files of 64-bit MIPS, too, would be looked for in lib64 or lib32.
  + (
    if builtins.match "mips(isa)?64.*" target != null then
      ''
        grep -q '^#define STANDARD_STARTFILE_PREFIX_1 "/lib64/"' gcc/config/mips/mips.h
        sed -i '/^#define STANDARD_STARTFILE_PREFIX_[12] /d' gcc/config/mips/mips.h
      ''
    else
      ""
  )
  # Before GCC 15, compare-and-swap reports the opposite of what it did. From GCC 15 on, it can end up in the delay slot of a jump,
  # and it treats words as equal that differ only in the top bit.
  + (
    if builtins.match "microblaze.*" target == null then
      ""
    else if builtins.compareVersions version "15" < 0 then
      ''
        grep -qF '"bnei \t%0,.+16"' gcc/config/microblaze/sync.md
        rm gcc/config/microblaze/sync.md
        cp ${./microblaze-sync.md} gcc/config/microblaze/sync.md
      ''
    else
      ''
        grep -qF '"cmp  \t%8,%1,%3\n\t"' gcc/config/microblaze/sync.md
        sed -i -e 's/"cmp  \\t%8,%1,%3/"xor  \\t%8,%1,%3/' -e 's/(set_attr "type"\t"atomic")/(set_attr "type" "multi")/' gcc/config/microblaze/sync.md
      ''
  );
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
