# The memory allocator mimalloc as an object that the compiler links every program with, before any library. musl lets a
# program bring its own allocator, which its shared libraries then use, too.
{
  stdenv,
  binutils,
  gcc,
  libgcc,
  musl,
  src,
  version,
  gccVersion,
  target,
}:
stdenv.mkDerivation {
  pname = "mimalloc-${target}";
  inherit version src;

  nativeBuildInputs = [
    binutils
    gcc
  ];

  # The archive is a crate, which has several versions of the C source.
  unpackPhase = ''
    mkdir crate
    tar -xzf "$src" -C crate --strip-components=1 --no-same-owner
    cd crate/c_src/mimalloc/v''${version%%.*}
    # Two digits for each number, as `#define MI_MALLOC_VERSION 30302`.
    IFS=. read -r major minor patch <<<"$version"
    printf -v number '%d%02d%02d' "$major" "$minor" "$patch"
    if ! grep -q "^#define MI_MALLOC_VERSION $number\b" include/mimalloc.h; then
      echo "error: the archive does not hold mimalloc $version" >&2
      exit 1
    fi
  '';
  dontConfigure = true;
  # As upstream's build for musl does it, which needs CMake. Thread-local variables are those of the program itself.
  buildPhase = ''
    ${target}-gcc --sysroot=${musl} -B${libgcc}/lib/gcc/${target}/${gccVersion} -O2 -g0 -std=gnu11 -fPIC \
      -fvisibility=hidden -ftls-model=initial-exec -fno-builtin-malloc -ffile-prefix-map="$NIX_BUILD_TOP=." \
      -DNDEBUG -DMI_MALLOC_OVERRIDE=1 -DMI_LIBC_MUSL=1 -Iinclude -c src/static.c -o mimalloc.o
  '';
  # GCC's specs, to which the toolchain adds its own.
  installPhase = ''
    mkdir -p "$out/${target}/lib" "$out/lib/gcc/${target}/${gccVersion}"
    cp mimalloc.o "$out/${target}/lib/"
    ${target}-gcc -dumpspecs | awk -f ${./malloc/specs.awk} >"$out/lib/gcc/${target}/${gccVersion}/specs"
  '';
  # An object for another machine.
  dontStrip = true;
  dontPatchELF = true;

  meta.description = "mimalloc for ${target}";
}
