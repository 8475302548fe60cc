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
  pic = if is "arm.*" then "\n    export CCASFLAGS=\"$CFLAGS -DPIC\"" else "";
  cmpxchg16b = if is "x86_64.*" && library == "libatomic" then "\n    CFLAGS+=' -mcx16'" else "";
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
  # What is said of a processor holds for this target.
  is = pattern: builtins.match pattern target != null;
  edits =
    # Its square root names its type by a machine mode. With a long double of 64 bits, PowerPC has no type of that mode.
    # Releases after 14.2.0 know it.
    (
      if is "powerpc.*" then
        {
          libquadmath = ''
            if ! grep -q TFtype libquadmath/math/sqrtq.c; then
              sed -i 's|^#include "../../libgcc/soft-fp/soft-fp.h"|#define TFtype __float128\n&|' libquadmath/math/sqrtq.c
            fi
          '';
        }
      else
        { }
    )
    # Operations on 16 bytes are cmpxchg16b, as elsewhere where the library asks the processor: musl has no functions that the
    # loader chooses. Otherwise they would take a lock that other processes, and objects with this instruction, know nothing of.
    // (
      if is "x86_64.*" then
        {
          libatomic = ''
            file=libatomic/config/x86/host-config.h
            if [ "$(grep -c '^#endif /\* HAVE_IFUNC \*/$' "$file")" != 1 ] || ! grep -q HAVE_ATOMIC_CAS_16 "$file"; then
              echo "error: $file is not as it was: it says in another way what the processor has" >&2
              exit 1
            fi
            sed -i '/^#endif \/\* HAVE_IFUNC \*\/$/e cat ${./cmpxchg16b.h}' "$file"
          '';
        }
      else
        { }
    )
    # MicroBlaze has atomic instructions for words only. libatomic builds its 1- and 2-byte operations from these. On big-endian, it
    # shifts by a mask and not by the byte's distance from the end of the word, so no byte changes.
    // (
      if is "microblaze-.*" then
        {
          libatomic = ''
            sed -i -E 's/^(#define INVERT_MASK_[1248]\s+\(\(UWORD\)WORDS_BIGENDIAN) << /\1 * /' libatomic/libatomic_i.h
            if [ "$(grep -c '^#define INVERT_MASK_.*WORDS_BIGENDIAN \* (' libatomic/libatomic_i.h)" != 4 ]; then
              echo "error: libatomic/libatomic_i.h is not as it was: it finds bytes in words in another way" >&2
              exit 1
            fi
          '';
        }
      else
        { }
    )
    # musl can bind a thread to processors, but not before it starts: the thread does it by itself.
    // {
      libgomp = ''
        sed -i '/pthread_attr_[gs]etaffinity_np (&attr, sizeof (cpu_set_t), &cpuset);$/d' libgomp/configure
        sed -i 's/^  pthread_attr_setaffinity_np (attr, gomp_cpuset_size,$/  if (attr == NULL)\n    pthread_setaffinity_np (pthread_self (), gomp_cpuset_size,/' \
          libgomp/config/linux/affinity.c
        sed -i 's/^  thr->place = data->place;$/&\n  if (data->place > 0)\n    gomp_init_thread_affinity (NULL, data->place - 1);/' libgomp/team.c
        if grep -q pthread_attr_setaffinity_np libgomp/configure libgomp/config/linux/affinity.c ||
          ! grep -q 'gomp_init_thread_affinity (NULL' libgomp/team.c; then
          echo "error: libgomp is not as it was: it binds threads to processors in another way" >&2
          exit 1
        fi
      '';
    };
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

  ${if edits ? ${library} then "postPatch" else null} = edits.${library};

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
    export CFLAGS="-O2 -g0 -fPIC -ffile-prefix-map=$NIX_BUILD_TOP=."${cmpxchg16b}
    export CXXFLAGS="$CFLAGS -frandom-seed=${library}"${pic}${fc}
  ''
  + beside;
  configureFlags =
    machines
    ++ [
      "--enable-shared"
      "--enable-static"
      "--disable-multilib"
      "--disable-werror"
    ]
    # Before ARMv7 there are no operations on 8 bytes, but for an older form of them in libgcc, by which libitm would take them for
    # granted and then need libatomic. It has a lock for processors without them.
    ++ (
      if library == "libitm" && is "arm(eb|v5te|v6)?-.*" then
        [ "libitm_cv_have_64bit_sync_builtins=no" ]
      else
        [ ]
    );
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
