# One of GCC's other libraries for programs, static and shared: libatomic, libgomp, libquadmath, libitm or libgfortran.
{
  stdenv,
  binutils,
  gcc,
  libgcc,
  musl,
  # The C++ library, for a library that is written in C++.
  libstdcxx ? "",
  # Whether the compiler reads Fortran: libgfortran is written in it, and libgomp has modules for it.
  fortran ? false,
  # For libgfortran, where the target has it.
  libquadmath ? "",
  src,
  version,
  target,
  # Its name, which is also that of its folder in GCC's source: `libatomic`.
  library,
}:
let
  headers = "${libstdcxx}/${target}/include/c++/${version}";
  cxx =
    if libstdcxx == "" then
      ""
    else
      "-isystem ${headers} -isystem ${headers}/${target} -L${libstdcxx}/${target}/lib";
  inherit (import ./libatomic.nix { inherit version; }) linksLibatomic unlinked;
  # The build of a libatomic that the driver links copies it to where GCC's own build looks for it.
  copies = if linksLibatomic && library == "libatomic" then " ../gcc" else "";
  # libgomp asks for the compiler by another name, and wants a file.
  fc =
    if !fortran then
      ""
    else if library == "libgomp" then
      "\n    export GFORTRAN=\"${gcc}/bin/${target}-gfortran $use\""
    else
      "\n    export FC=\"${target}-gfortran $use\" FCFLAGS=\"-O2 -g0 -fPIC -ffile-prefix-map=$NIX_BUILD_TOP=.\"";
  # libitm's assembly for ARM is position-independent where libtool's own macro says so, which a static library does not get.
  pic =
    if builtins.substring 0 3 target == "arm" then "\n    export CCASFLAGS=\"$CFLAGS -DPIC\"" else "";
  # As libstdc++, libgfortran needs a link that GCC's own build makes in libgcc. It prints backtraces by a library that stands
  # beside it there. libquadmath is built already, and is not named to libtool, which would have programs look for it in the store.
  beside =
    if library != "libgfortran" then
      ""
    else
      ''
        ln -s gthr-posix.h "../../$sourceRoot/libgcc/gthr-default.h"
        # The last two stay empty: gfortran takes a folder of headers that is not there for an error.
        mkdir ../libbacktrace ../libgcc ../../gcc
        (cd ../libbacktrace &&
          "../../$sourceRoot/libbacktrace/configure" ${toString machines} --disable-multilib && make)
      ''
      + (
        if libquadmath == "" then
          ""
        else
          ''
            makeFlagsArray+=("LIBQUADLIB=-Wl,-L${libquadmath}/${target}/lib -Wl,-lquadmath" LIBQUADLIB_DEP=
              'LIBQUADINCLUDE=-I$(srcdir)/../libquadmath')
          ''
      );
  machines = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${target}"
    "--target=${target}"
    "--with-cross-host=${stdenv.buildPlatform.config}"
  ];
in
stdenv.mkDerivation {
  pname = "${library}-${target}";
  inherit version src;
  inherit (import ./gcc-archive.nix) postUnpack;

  nativeBuildInputs = [
    binutils
    gcc
  ];

  # libquadmath's square root names its type by a machine mode. With a long double of 64 bits, PowerPC has no type of that mode.
  # Releases after 14.2.0 know it.
  ${
    if library == "libquadmath" && builtins.substring 0 7 target == "powerpc" then "postPatch" else null
  } =
    ''
      if ! grep -q TFtype libquadmath/math/sqrtq.c; then
        sed -i 's|^#include "../../libgcc/soft-fp/soft-fp.h"|#define TFtype __float128\n&|' libquadmath/math/sqrtq.c
      fi
    '';

  preConfigure = ''
    mkdir -p ../build/${library}${copies}
    cd ../build/${library}
    configureScript=../../$sourceRoot/${library}/configure
    # The installed compiler with the C library and libgcc as they will stand in the toolchain.
    local use="--sysroot=${musl} -B${libgcc}/lib/gcc/${target}/${version} -L${libgcc}/${target}/lib${unlinked}"
    export CC="${target}-gcc $use" CPP="${target}-gcc $use -E" CXX="${target}-g++ $use ${cxx}"
    export AR=${target}-ar RANLIB=${target}-ranlib NM=${target}-nm STRIP=${target}-strip AS=${target}-as LD=${target}-ld
    # Position-independent, so that the static library can be part of a static PIE and of a shared object. As libstdc++,
    # without paths of this build.
    export CFLAGS="-O2 -g0 -fPIC -ffile-prefix-map=$NIX_BUILD_TOP=."
    export CXXFLAGS="$CFLAGS -frandom-seed=${library}"${pic}${fc}
  ''
  + beside;
  configureFlags = machines ++ [
    "--enable-shared"
    "--enable-static"
    "--disable-multilib"
    "--disable-werror"
  ];
  makeFlags = [ "MAKEINFO=true" ];
  # A configure script that finds its library impossible for a target says so in its log alone, and installs nothing.
  postInstall = ''
    for form in a so; do
      if [ ! -e "$out/${target}/lib/${library}.$form" ]; then
        echo "error: no ${library}.$form was built: GCC takes ${library} for one that ${target} cannot have" >&2
        exit 1
      fi
    done
    rm -rf "$out/share"
  '';

  enableParallelBuilding = true;
  # Libraries for another machine: neither left out, nor stripped or patched with the build machine's tools.
  dontDisableStatic = true;
  dontStrip = true;
  dontPatchELF = true;

  meta.description = "${library} of GCC for ${target}";
}
