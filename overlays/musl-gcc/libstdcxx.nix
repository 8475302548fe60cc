# GCC's C++ library, static and shared.
{
  stdenv,
  binutils,
  gcc,
  libgcc,
  musl,
  src,
  version,
  target,
  flags,
}:
let
  inherit (import ./libatomic.nix { inherit version; }) unlinked;
in
stdenv.mkDerivation {
  pname = "libstdcxx-${target}";
  inherit version src;
  inherit (import ./gcc-archive.nix) postUnpack;

  nativeBuildInputs = [
    binutils
    gcc
  ];

  postPatch = import ./libstdcxx-edits.nix { inherit version target; };
  # In GCC's own build libgcc leaves this link behind; without it every probe for threads says no, and std::mutex is gone.
  preConfigure = ''
    ln -s gthr-posix.h libgcc/gthr-default.h
    mkdir ../build
    cd ../build
    configureScript=../$sourceRoot/libstdc++-v3/configure
    # The installed compiler with the C library and libgcc as they will stand in the toolchain.
    local use="--sysroot=${musl} -B${libgcc}/lib/gcc/${target}/${version} -L${libgcc}/${target}/lib${unlinked}"
    # As in GCC's own build, C++ goes through gcc: g++ would link every probe with the library that is not there yet.
    export CC="${target}-gcc $use" CXX="${target}-gcc -shared-libgcc $use -nostdinc++" CPP="${target}-gcc $use -E"
    export AR=${target}-ar RANLIB=${target}-ranlib NM=${target}-nm STRIP=${target}-strip AS=${target}-as LD=${target}-ld
    # Names of static initialisers come from the seed and no debugging data is kept: the bits are then the same from
    # every build directory and under every seed. The static library is position-independent, too, so that it can be part
    # of a static PIE and of a shared object.
    export CFLAGS="-O2 -g0 -fPIC -ffile-prefix-map=$NIX_BUILD_TOP=."
    export CXXFLAGS="$CFLAGS -frandom-seed=libstdcxx"
  '';
  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${target}"
    "--with-gxx-include-dir=${placeholder "out"}/${target}/include/c++/${version}"
    "--with-cross-host=${stdenv.buildPlatform.config}"
    "--enable-shared"
    "--enable-static"
    "--disable-multilib"
    "--disable-nls"
    # A precompiled header is 100 MB that belongs to one compiler binary.
    "--disable-libstdcxx-pch"
  ]
  ++ flags;
  makeFlags = [ "MAKEINFO=true" ];
  # A module that does not compile is replaced by an empty one, and the build goes on.
  ${if builtins.compareVersions version "15" < 0 then null else "postInstall"} = ''
    for module in std std.compat; do
      if ! grep -q "^export module $module;" "$out/${target}/include/c++/${version}/bits/$module.cc"; then
        echo "error: the module $module of C++ did not compile; the log above says why" >&2
        exit 1
      fi
    done
  '';

  enableParallelBuilding = true;
  # Libraries for another machine: neither left out, nor stripped or patched with the build machine's tools.
  dontDisableStatic = true;
  dontStrip = true;
  dontPatchELF = true;

  meta.description = "GNU C++ library for ${target}";
}
