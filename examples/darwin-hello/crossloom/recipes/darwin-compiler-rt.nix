# The compiler's own helper routines for one Apple target: what clang calls for arithmetic that the processor lacks, for
# `__builtin_available` and for `__builtin_cpu_supports`.
{
  stdenv,
  src,
  version,
  target,
  arch,
  # A bare compiler for the target.
  cc,
}:
stdenv.mkDerivation {
  pname = "compiler-rt-builtins-${target}";
  inherit version src;

  nativeBuildInputs = [ cc ];

  unpackPhase = ''
    mkdir source
    tar -xf "$src" -C source --strip-components=1 --no-same-owner --wildcards '*/compiler-rt/lib/builtins'
    sourceRoot=source/compiler-rt/lib/builtins
  '';

  dontConfigure = true;
  # As compiler-rt's own build does for macOS: every generic file but those that Apple's systems have elsewhere, and an
  # architecture's own file in place of the generic one of the same name.
  buildPhase = ''
    arch=${if arch == "arm64" then "aarch64" else arch}
    # Its own list of what macOS does without.
    excluded=" $(tr '\n' ' ' < Darwin-excludes/osx.txt) "
    # Start files of ELF; thread-local storage and atomics without the system's help, which libSystem has.
    excluded="$excluded crtbegin crtend emutls atomic "
    for file in *.c "$arch"/*.[cS]; do
      name=''${file##*/} name=''${name%.*}
      case $file in
      # Windows' stack probes; instructions that no Mac has; atomics out of line, which Darwin never calls.
      */chkstk.S | */sme-* | */lse.S) continue ;;
      */*) ;;
      *) for own in "$arch/$name".[cS]; do continue 2; done ;;
      esac
      case $excluded in *" $name "*) continue ;; esac
      echo "$file"
    done > files
    case $arch in
    aarch64) echo cpu_model/aarch64.c ;;
    *) echo cpu_model/x86.c ;;
    esac >> files
    mkdir objects
    xargs -P "$NIX_BUILD_CORES" -I @ bash -c '
      name=$(basename "''${1%.*}")
      ${target}-clang -O3 -fPIC -fvisibility=hidden -DVISIBILITY_HIDDEN -ffile-prefix-map="$PWD=." -I. \
        -c "$1" -o "objects/$name.o"' compile @ < files
    ${target}-ar rcs libclang_rt.osx.a $(find objects -name '*.o' | sort)
    for symbol in ___divti3 ___muloti4 ___isPlatformVersionAtLeast; do
      ${target}-nm --defined-only libclang_rt.osx.a 2>/dev/null | grep -q " $symbol\$" || {
        echo "libclang_rt.osx.a lacks $symbol" >&2
        exit 1
      }
    done
  '';
  installPhase = ''
    mkdir -p "$out/lib/darwin"
    cp libclang_rt.osx.a "$out/lib/darwin/"
  '';
  dontFixup = true;

  meta.description = "compiler-rt's builtins for ${target}";
}
