# Terminals for GDB's command line and its windows, static. Descriptions of terminals come from the user's machine.
{
  stdenv,
  src,
  version,
}:
stdenv.mkDerivation {
  pname = "ncurses";
  inherit version src;

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${stdenv.hostPlatform.config}"
    "--enable-widec"
    "--enable-overwrite"
    "--without-shared"
    "--with-normal"
    "--without-debug"
    "--without-ada"
    "--without-cxx"
    "--without-cxx-binding"
    "--without-gpm"
    "--without-manpages"
    "--without-progs"
    "--without-tests"
    "--disable-db-install"
    "--with-default-terminfo-dir=/usr/share/terminfo"
    "--with-terminfo-dirs=/etc/terminfo:/lib/terminfo:/usr/share/terminfo"
  ]
  # Archives without dates; the `ar` of a Mac has no flag for that.
  ++ (if stdenv.hostPlatform.isDarwin then [ ] else [ "cf_cv_ar_flags=rcD" ]);

  enableParallelBuilding = true;
  dontDisableStatic = true;

  meta.description = "Library for text terminals";
}
