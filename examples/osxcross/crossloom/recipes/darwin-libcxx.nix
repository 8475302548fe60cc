# LLVM's C++ library for one Apple target, as a static library: headers, libc++ and libc++abi. Unwinding is libSystem's.
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
      -e 's|^#cmakedefine (.*)|/* #undef \1 */|' -e '/^@.*@$/d' \
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
    flags="-O2 -std=c++23 -nostdinc++ -isystem $PWD/libcxx/include -fPIC -fvisibility=hidden -fvisibility-inlines-hidden"
    flags="$flags -ffile-prefix-map=$PWD=. -frandom-seed=libcxx -D_LIBCPP_BUILDING_LIBRARY -DLIBCXX_BUILDING_LIBCXXABI"
    flags="$flags -D_LIBCXXABI_BUILDING_LIBRARY -D_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS"
    flags="$flags -D_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS -Ilibcxx/src -Ilibcxxabi/include"
    # What is new and delete comes from libc++abi; the experimental library and other systems' files stay out.
    find libcxx/src -name '*.cpp' ! -name new.cpp ! -path '*/support/*' ! -path '*/experimental/*' ! -path '*/pstl/*' \
      | sort > libcxx.files
    find libcxxabi/src -name '*.cpp' ! -name cxa_noexception.cpp | sort > libcxxabi.files
    for library in libcxx libcxxabi; do
      mkdir "$library.objects"
      FLAGS=$flags LIBRARY=$library xargs -P "$NIX_BUILD_CORES" -I @ bash -c '
        name=''${1#*/src/} name=''${name//\//-}
        ${target}-clang++ $FLAGS -c "$1" -o "$LIBRARY.objects/''${name%.cpp}.o"' compile @ < "$library.files"
    done
    # As with the system's libc++, -lc++ alone brings the ABI's part.
    ${target}-ar rcs libc++.a $(find libcxx.objects libcxxabi.objects -name '*.o' | sort)
    ${target}-ar rcs libc++abi.a $(find libcxxabi.objects -name '*.o' | sort)
  '';

  installPhase = ''
    mkdir -p "$out/include/c++" "$out/lib"
    cp -r libcxx/include "$out/include/c++/v1"
    cp libc++.a libc++abi.a "$out/lib/"
  '';
  dontFixup = true;

  meta.description = "libc++ for ${target}";
}
