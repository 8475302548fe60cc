# Multiple-precision floating point, static, for GCC's host programs.
{
  stdenv,
  gmp,
  src,
  version,
}:
stdenv.mkDerivation {
  pname = "mpfr";
  inherit version src;

  buildInputs = [ gmp ];

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${stdenv.hostPlatform.config}"
    "--with-gmp=${gmp}"
    "--disable-shared"
    "--enable-static"
    "--with-pic"
  ];

  enableParallelBuilding = true;
  dontDisableStatic = true;

  meta.description = "Multiple-precision floating-point library";
}
