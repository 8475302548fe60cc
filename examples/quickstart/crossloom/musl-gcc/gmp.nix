# The GNU multiple precision library, static, for GCC's host programs.
{
  stdenv,
  m4,
  src,
  version,
  # See host.nix.
  hostToolchain ? "",
}:
let
  host = import ./host.nix {
    inherit stdenv;
    toolchain = hostToolchain;
  };
in
host.mkLibrary {
  pname = "gmp";
  inherit version src;

  nativeBuildInputs = [ m4 ];

  # --enable-fat picks its assembly at run time: without it the build machine's own processor is baked in.
  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${host.config}"
    "--disable-shared"
    "--enable-static"
    "--enable-fat"
    "--with-pic"
  ];
  # Debian's archive leaves the manual's directory out, which configure and make want all the same.
  postPatch = ''
    if [ ! -e doc/gmp.texi ]; then
      mkdir -p doc
      printf 'all install check:\n' > doc/Makefile.in
    fi
  '';

  enableParallelBuilding = true;
  dontDisableStatic = true;

  meta.description = "GNU multiple precision arithmetic library";
}
