# LLVM's C++ library for one release of macOS, as static libraries: headers, libc++ and libc++abi, and libc++'s experimental
# part. Unwinding is libSystem's.
{
  stdenv,
  llvmPackages_19,
  src,
  version,
  # Root of an SDK.
  sdk,
  # The release of Darwin, such as `22`, and the version of macOS that it is.
  darwin,
  minimum,
}:
let
  universal = import ./universal.nix {
    inherit
      llvmPackages_19
      sdk
      version
      darwin
      minimum
      ;
  };
in
stdenv.mkDerivation {
  pname = "libcxx-darwin${darwin}";
  inherit version src;

  unpackPhase = ''
    mkdir source
    tar -xf "$src" -C source --strip-components=1 --no-same-owner --wildcards '*/libcxx/include' '*/libcxx/src' \
      '*/libcxx/lib/abi' \
      '*/libcxx/vendor' '*/libcxxabi/include' '*/libcxxabi/src'
    sourceRoot=source
  '';

  # What CMake would fill in: the stable ABI, POSIX threads; without a time-zone database, which macOS keeps in another form.
  # With availability annotations, for programs that use the system's own libc++: its headers then neither offer nor call
  # what a macOS lacks. A program that takes the static library defines _LIBCPP_DISABLE_AVAILABILITY.
  configurePhase = ''
    sed -E \
      -e 's/^#cmakedefine (_LIBCPP_ABI_VERSION) .*/#define \1 1/' \
      -e 's/^#cmakedefine (_LIBCPP_ABI_NAMESPACE) .*/#define \1 __1/' \
      -e 's/^#cmakedefine (_LIBCPP_HAS_THREAD_API_PTHREAD)$/#define \1/' \
      -e 's/^#cmakedefine (_LIBCPP_HAS_NO_TIME_ZONE_DATABASE|_LIBCPP_PSTL_BACKEND_STD_THREAD)$/#define \1/' \
      -e 's/^#cmakedefine (_LIBCPP_HARDENING_MODE_DEFAULT) .*/#define \1 2/' \
      -e 's|^#cmakedefine ([A-Za-z0-9_]+).*|/* #undef \1 */|' -e '/^@.*@$/d' \
      libcxx/include/__config_site.in > libcxx/include/__config_site
    if grep -n '@' libcxx/include/__config_site; then echo "__config_site is not filled in" >&2; exit 1; fi
    for name in ABI_VERSION HAS_THREAD_API_PTHREAD HARDENING_MODE_DEFAULT HAS_NO_TIME_ZONE_DATABASE; do
      grep -q "^#define _LIBCPP_$name" libcxx/include/__config_site || { echo "no place for $name" >&2; exit 1; }
    done
    cp libcxx/vendor/llvm/default_assertion_handler.in libcxx/include/__assertion_handler
    find libcxx/include -name '*.in' -o -name CMakeLists.txt | xargs rm
    cp libcxxabi/include/*.h libcxx/include/
  '';

  buildPhase = ''
    ${universal.setup}
    flags="-O2 -std=c++23 -nostdinc++ -isystem $PWD/libcxx/include -fPIC -fvisibility=hidden -fvisibility-inlines-hidden"
    flags="$flags -ffile-prefix-map=$PWD=. -frandom-seed=libcxx -D_LIBCPP_BUILDING_LIBRARY -DLIBCXX_BUILDING_LIBCXXABI"
    flags="$flags -D_LIBCXXABI_BUILDING_LIBRARY -D_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS"
    flags="$flags -D_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS -Ilibcxx/src -Ilibcxxabi/include"
    # new and delete come from libc++abi; other systems' files stay out.
    find libcxx/src -name '*.cpp' ! -name new.cpp ! -path '*/support/*' ! -path '*/experimental/*' ! -path '*/pstl/*' \
      | sort > libcxx.files
    # Without a time-zone database the experimental library is this file alone. Parallel algorithms run on std::thread.
    echo libcxx/src/experimental/keep.cpp > libcxxexperimental.files
    find libcxxabi/src -name '*.cpp' ! -name cxa_noexception.cpp | sort > libcxxabi.files
    for cpu in x86_64 arm64; do
      for library in libcxx libcxxabi libcxxexperimental; do
        mkdir "$library.$cpu"
        FLAGS="-arch $cpu $flags" OBJECTS=$library.$cpu xargs -P "$NIX_BUILD_CORES" -I @ bash -c '
          name=''${1#*/src/} name=''${name//\//-}
          $CLANGXX $FLAGS -c "$1" -o "$OBJECTS/''${name%.cpp}.o"' compile @ < "$library.files"
      done
      # As with the system's libc++, -lc++ alone brings the ABI's part.
      "$ar" rcs "libc++.$cpu.a" $(find "libcxx.$cpu" "libcxxabi.$cpu" -name '*.o' | sort)
      "$ar" rcs "libc++abi.$cpu.a" $(find "libcxxabi.$cpu" -name '*.o' | sort)
      "$ar" rcs "libc++experimental.$cpu.a" $(find "libcxxexperimental.$cpu" -name '*.o' | sort)
    done
    for library in libc++ libc++abi libc++experimental; do
      "$lipo" -create "$library.x86_64.a" "$library.arm64.a" -output "$library.a"
    done
  '';

  installPhase = ''
    mkdir -p "$out/include/c++" "$out/lib"
    cp -r libcxx/include "$out/include/c++/v1"
    cp libc++.a libc++abi.a libc++experimental.a "$out/lib/"
    # What the system's own libc++ exports, and since which of LLVM's releases: for stubs.
    mkdir -p "$out/share/abi"
    cp libcxx/lib/abi/*-apple-darwin.* libcxx/lib/abi/CHANGELOG.TXT "$out/share/abi/"
  '';
  dontFixup = true;

  meta.description = "libc++ for Darwin ${darwin}";
}
