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

  # With any libc but glibc, std::locale takes the name "C" alone, so that std::locale("") throws wherever LANG is set.
  # musl takes every name, and its locales have UTF-8 in common; so does std::locale here.
  # With any libc but glibc, numbers are read and times are written with the whole program's locale set to "C", so that another
  # thread does not have UTF-8 meanwhile. musl's numbers and times are the same in every locale.
  # A timed wait of C++20 hands its timespec to the system call, which on a 32-bit processor reads 32-bit times.
  # copy_file_range is looked for with a type of its arguments that musl declares elsewhere. With any libc, a copy on a 32-bit
  # processor ends after as many bytes as the file has more than a multiple of 4 GiB, and says that all went well.
  postPatch = ''
    generic=libstdc++-v3/config/locale/generic/c_locale.cc
    if [ "$(grep -c '^    if (strcmp(__s, "C"))$' "$generic")" != 1 ]; then
      echo "error: $generic is not as it was: it checks names of locales in another way" >&2
      exit 1
    fi
    sed -i 's/^    if (strcmp(__s, "C"))$/    if (locale_t __known = newlocale(LC_ALL_MASK, __s, locale_t()))\n      freelocale(__known);\n    else/' "$generic"
    for file in "$generic" "''${generic%c_locale.cc}time_members.cc"; do
      sed -i -E '/^\s*setlocale\(LC_ALL, ("C"|__sav|_M_name_timepunct)\);$/d' "$file"
      if grep -E '^\s*setlocale\(LC_ALL, [^0]' "$file"; then
        echo "error: $file is not as it was: it sets the locale in another way" >&2
        exit 1
      fi
    done
    timed=0
    for file in libstdc++-v3/include/bits/atomic_timed_wait.h libstdc++-v3/src/c++20/atomic.cc; do
      if ! grep -qE '&(__rt|timeout), nullptr' "$file" 2>/dev/null; then continue; fi
      sed -i -E -e '/^\s*struct timespec (__rt|timeout) =/e cat ${./futex-time.h}' \
        -e 's/&(__rt|timeout), nullptr/__futex_time(\1)._M_get(), nullptr/' "$file"
      timed=$((timed + $(grep -cE 'struct __futex_time|__futex_time\((__rt|timeout)\)' "$file")))
    done
    if [ "$timed" != 2 ]; then
      echo "error: libstdc++ is not as it was: it waits for a futex in another way" >&2
      exit 1
    fi
    copies=libstdc++-v3/src/filesystem/ops-common.h
    sed -i 's/\bloff_t\b/off_t/g' libstdc++-v3/configure "$copies"
    sed -i -E -e 's/(copy_file_(copy_file_range|sendfile)\(int fd_in, int fd_out, )size_t length/\1off_t length/' \
      -e 's/^    size_t bytes_left = length;/    off_t bytes_left = length;/' \
      -e 's/^(\s*|.*&offset, )bytes_left(, 0|)\);$/\1bytes_left < 0x40000000 ? bytes_left : 0x40000000\2);/' "$copies"
    if [ "$(grep -c 'fd_out, off_t length' "$copies") $(grep -c 'bytes_left : 0x40000000' "$copies")" != '2 2' ]; then
      echo "error: $copies is not as it was: it copies files in another way" >&2
      exit 1
    fi
  '';
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
