# The GNU debugger for one target, to be run on the build machine. It takes libraries from the sysroot beside it.
{
  stdenv,
  bison,
  expat,
  flex,
  gmp,
  mpfr,
  ncurses,
  src,
  version,
  target,
}:
stdenv.mkDerivation {
  pname = "gdb-${target}";
  inherit version src;

  nativeBuildInputs = [
    bison
    flex
  ];

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${stdenv.hostPlatform.config}"
    "--target=${target}"
    # Below the prefix, hence found relative to the program wherever it is moved to.
    "--with-sysroot=${placeholder "out"}/${target}"
    "--with-gmp=${gmp}"
    "--with-mpfr=${mpfr}"
    "--with-expat=yes"
    "--with-libexpat-prefix=${expat}"
    "--with-libexpat-type=static"
    "--with-curses"
    "--enable-tui"
    "--disable-gdbserver"
    "--disable-inprocess-agent"
    "--disable-nls"
    "--disable-sim"
    "--disable-source-highlight"
    "--disable-werror"
    # Host libraries: the build machine's must not leak in.
    "--without-babeltrace"
    "--without-debuginfod"
    "--without-guile"
    "--without-intel-pt"
    "--without-lzma"
    "--without-python"
    "--without-xxhash"
    "--without-zstd"
  ];
  # The bundled zlib takes every Darwin since Mac OS 9 for one without fdopen.
  postPatch = ''
    sed -i '/# *define fdopen(fd,mode) NULL/d' zlib/zutil.h
  '';
  preConfigure = ''
    mkdir ../build
    cd ../build
    configureScript=../$sourceRoot/configure
    # Not CPPFLAGS: those do not reach the configure script of GDB itself.
    local use="-O2 -I${ncurses}/include"
    # The sandbox has no tables of character sets, so a test of iconv would fail. The user's machine has them.
    export am_cv_func_iconv_works=yes
    configureFlagsArray+=("CFLAGS=$use" "CXXFLAGS=$use" "LDFLAGS=-L${ncurses}/lib")
  '';
  # Debian's archive lacks the manuals' sources; nobody reads them here.
  makeFlags = [ "MAKEINFO=true" ];
  buildFlags = [ "all-gdb" ];
  installPhase = ''
    runHook preInstall
    # Without manuals. Targets that make calls in turn would not know of it.
    make -C gdb MAKEINFO=true SUBDIRS=data-directory install-only
    strip "$out/bin/${target}-gdb"
    # Scripts for GDB's developers.
    rm -rf "$out/bin/${target}-"{gcore,gstack,gdb-add-index} "$out/include" "$out/share/"{info,man}
    if [ "$(echo "$out"/bin/*)" != "$out/bin/${target}-gdb" ]; then
      echo "error: GDB installs other programs than it used to:" "$out"/bin/* >&2
      exit 1
    fi
    runHook postInstall
  '';

  enableParallelBuilding = true;
  hardeningDisable = [ "format" ];

  meta.description = "GNU debugger for ${target}";
}
