# Multiple-precision floating point, static, for GCC's host programs.
{
  stdenv,
  gmp,
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
  pname = "mpfr";
  inherit version src;

  buildInputs = [ gmp ];

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${host.config}"
    "--with-gmp=${gmp}"
    "--disable-shared"
    "--enable-static"
    "--with-pic"
  ];

  enableParallelBuilding = true;
  dontDisableStatic = true;

  meta.description = "Multiple-precision floating-point library";
}
