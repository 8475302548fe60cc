# LLVM's C++ library for one Apple target, as a static library: headers, libc++ and libc++abi. Unwinding is libSystem's.
# For both of a Mac's processors, since one call of clang may compile for both.
{
  stdenv,
  src,
  version,
  target,
  # A bare compiler for the target.
  cc,
}:
stdenv.mkDerivation {
  pname = "libcxx-${target}";
  inherit version src;

  nativeBuildInputs = [ cc ];

  unpackPhase = ''
    mkdir source
    tar -xf "$src" -C source --strip-components=1 --no-same-owner --wildcards '*/libcxx/include' '*/libcxx/src' \
      '*/libcxx/vendor' '*/libcxxabi/include' '*/libcxxabi/src'
    sourceRoot=source
  '';

  # What CMake would fill in: the stable ABI, POSIX threads; without availability annotations, since the library goes
  # into the program and is there on every macOS; without a time-zone database, which macOS keeps in another form.
  configurePhase = ''
    sed -E \
      -e 's/^#cmakedefine (_LIBCPP_ABI_VERSION) .*/#define \1 1/' \
      -e 's/^#cmakedefine (_LIBCPP_ABI_NAMESPACE) .*/#define \1 __1/' \
      -e 's/^#cmakedefine (_LIBCPP_HAS_THREAD_API_PTHREAD|_LIBCPP_HAS_NO_VENDOR_AVAILABILITY_ANNOTATIONS)$/#define \1/' \
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
    # nixpkgs' own environment on a Mac names another SDK.
    unset SDKROOT MACOSX_DEPLOYMENT_TARGET
    # Apple's own ar writes dates.
    export ZERO_AR_DATE=1
    flags="-O2 -std=c++23 -nostdinc++ -isystem $PWD/libcxx/include -fPIC -fvisibility=hidden -fvisibility-inlines-hidden"
    flags="$flags -ffile-prefix-map=$PWD=. -frandom-seed=libcxx -D_LIBCPP_BUILDING_LIBRARY -DLIBCXX_BUILDING_LIBCXXABI"
    flags="$flags -D_LIBCXXABI_BUILDING_LIBRARY -D_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS"
    flags="$flags -D_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS -Ilibcxx/src -Ilibcxxabi/include"
    # What is new and delete comes from libc++abi; the experimental library and other systems' files stay out.
    find libcxx/src -name '*.cpp' ! -name new.cpp ! -path '*/support/*' ! -path '*/experimental/*' ! -path '*/pstl/*' \
      | sort > libcxx.files
    find libcxxabi/src -name '*.cpp' ! -name cxa_noexception.cpp | sort > libcxxabi.files
    for cpu in x86_64 arm64; do
      for library in libcxx libcxxabi; do
        mkdir "$library.$cpu"
        FLAGS="-arch $cpu $flags" OBJECTS=$library.$cpu xargs -P "$NIX_BUILD_CORES" -I @ bash -c '
          name=''${1#*/src/} name=''${name//\//-}
          ${target}-clang++ $FLAGS -c "$1" -o "$OBJECTS/''${name%.cpp}.o"' compile @ < "$library.files"
      done
      # As with the system's libc++, -lc++ alone brings the ABI's part.
      ${target}-ar rcs "libc++.$cpu.a" $(find "libcxx.$cpu" "libcxxabi.$cpu" -name '*.o' | sort)
      ${target}-ar rcs "libc++abi.$cpu.a" $(find "libcxxabi.$cpu" -name '*.o' | sort)
    done
    for library in libc++ libc++abi; do
      ${target}-lipo -create "$library.x86_64.a" "$library.arm64.a" -output "$library.a"
    done
  '';

  installPhase = ''
    mkdir -p "$out/include/c++" "$out/lib"
    cp -r libcxx/include "$out/include/c++/v1"
    cp libc++.a libc++abi.a "$out/lib/"
  '';
  dontFixup = true;

  meta.description = "libc++ for ${target}";
}
