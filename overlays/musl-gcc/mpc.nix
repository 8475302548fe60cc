# Complex numbers over MPFR, static, for GCC's host programs.
{
  stdenv,
  gmp,
  mpfr,
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
  pname = "mpc";
  inherit version src;

  buildInputs = [
    gmp
    mpfr
  ];

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${host.config}"
    "--with-gmp=${gmp}"
    "--with-mpfr=${mpfr}"
    "--disable-shared"
    "--enable-static"
    "--with-pic"
  ];

  enableParallelBuilding = true;
  dontDisableStatic = true;

  meta.description = "Complex arithmetic over MPFR";
}
