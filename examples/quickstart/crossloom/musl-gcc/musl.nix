# musl, static and shared, for one target. Installed with an empty prefix: the output is a sysroot.
{
  stdenv,
  binutils,
  gcc,
  libgcc,
  src,
  version,
  target,
  flags,
}:
stdenv.mkDerivation {
  pname = "musl-${target}";
  inherit version src;

  nativeBuildInputs = [
    binutils
    gcc
  ];

  configureFlags = [
    "--target=${target}"
    "--prefix="
    "--syslibdir=/lib"
    # No wrapper is needed: the compiler is a musl compiler.
    "--disable-wrapper"
    # The static library, too, so that it can be part of a static PIE.
    "CFLAGS=-fPIC"
  ]
  ++ flags;
  dontAddPrefix = true;
  # libgcc is a separate node, so the driver does not know its place.
  makeFlags = [
    "LIBCC=${libgcc}/lib/gcc/${target}/libgcc.a"
  ];
  preConfigure = ''
    export CC=${target}-gcc AR=${target}-ar RANLIB=${target}-ranlib CROSS_COMPILE=${target}-
  '';
  preInstall = ''
    makeFlagsArray+=("DESTDIR=$out")
  '';
  # The loader's link is absolute, as the target wants it; within a sysroot it has to be relative.
  postInstall = ''
    for loader in "$out"/lib/ld-musl-*.so.1; do ln -sf libc.so "$loader"; done
  '';

  enableParallelBuilding = true;
  # Libraries for another machine: neither left out, nor stripped or patched with the build machine's tools.
  dontDisableStatic = true;
  dontStrip = true;
  dontPatchELF = true;

  meta.description = "musl libc for ${target}";
}
