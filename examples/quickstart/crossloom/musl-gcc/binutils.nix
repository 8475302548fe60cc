# Assembler, linker and object tools for one target.
{
  stdenv,
  bison,
  flex,
  src,
  version,
  target,
  flags,
  # See host.nix.
  hostToolchain ? "",
}:
let
  host = import ./host.nix {
    inherit stdenv;
    toolchain = hostToolchain;
  };
in
host.mkPrograms {
  pname = "binutils-${target}";
  inherit version src;

  nativeBuildInputs = [
    bison
    flex
  ];

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${host.config}"
    "--target=${target}"
    # Below the prefix, hence found relative to the program wherever the toolchain is moved to.
    "--with-sysroot=${host.prefix}/${target}"
    # Archives without dates, owners and modes, whatever flags a build passes to ar.
    "--enable-deterministic-archives"
    # One target, one set of libraries; multilib would look for others' search directories.
    "--disable-multilib"
    # Warnings of a newer host compiler are no errors here.
    "--disable-werror"
    "--disable-nls"
    # The profiler is for native programs and wants a Java and a libc of its own.
    "--disable-gprofng"
    # A host library: the build machine's must not leak in.
    "--without-zstd"
    "--without-debuginfod"
  ]
  # A static program can't load plugins. Without them, the linker tells what it would need one for.
  ++ (if host.portable then [ "--disable-plugins" ] else [ ])
  ++ flags;
  # The bundled zlib takes every Darwin since Mac OS 9 for one without fdopen.
  postPatch = ''
    sed -i '/# *define fdopen(fd,mode) NULL/d' zlib/zutil.h
  ''
  # The linker's own plugins are made whatever --disable-plugins says, and no static one can be linked.
  + (
    if host.portable then
      ''
        grep -q '^LTLIBRARIES = $(bfdplugin_LTLIBRARIES)' ld/Makefile.in
        sed -i -E 's/^((bfdplugin_)?LTLIBRARIES) = .*/\1 =/' ld/Makefile.in
      ''
    else
      ""
  )
  + import ./binutils-pie.nix { inherit target; }
  + import ./binutils-abi.nix { inherit target; };
  # Debian's archive lacks the manuals' sources; nobody reads them here.
  makeFlags = [ "MAKEINFO=true" ];
  preConfigure = ''
    mkdir ../build
    cd ../build
    configureScript=../$sourceRoot/configure
    configureFlagsArray+=("CFLAGS=-O2" "CXXFLAGS=-O2")
  '';
  installTargets = [ "install-strip" ];
  postInstall = ''
    rm -rf "$out/share/info" "$out/share/man" "$out/include" "$out"/lib/*.a
    # The unprefixed names are the same programs: links spare a second copy.
    for tool in "$out/${target}/bin"/*; do ln -sf "../../bin/${target}-''${tool##*/}" "$tool"; done
  '';

  enableParallelBuilding = true;
  hardeningDisable = [ "format" ];

  meta.description = "GNU binutils for ${target}";
}
