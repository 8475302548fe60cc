# The compiler's own helper routines for one release of macOS: what clang calls for arithmetic that the processor lacks, for
# `__builtin_available` and for `__builtin_cpu_supports`.
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
  pname = "compiler-rt-builtins-darwin${darwin}";
  inherit version src;

  unpackPhase = ''
    mkdir source
    tar -xf "$src" -C source --strip-components=1 --no-same-owner --wildcards '*/compiler-rt/lib/builtins'
    sourceRoot=source/compiler-rt/lib/builtins
  '';

  dontConfigure = true;
  # As compiler-rt's own build does for macOS: every generic file but those that Apple's systems have elsewhere, and an
  # architecture's own file in place of the generic one of the same name.
  buildPhase = ''
    ${universal.setup}
    # Its own list of what macOS does without; then start files of ELF, and thread-local storage and atomics without the
    # system's help, which libSystem has.
    excluded=" $(tr '\n' ' ' < Darwin-excludes/osx.txt) crtbegin crtend emutls atomic "

    # sources DIRECTORY: the files of one architecture.
    sources() {
      local file name own
      for file in *.c "$1"/*.[cS]; do
        name=''${file##*/} name=''${name%.*}
        case $file in
        # Windows' stack probes; instructions that no Mac has; atomics out of line, which Darwin never calls.
        */chkstk.S | */sme-* | */lse.S) continue ;;
        */*) ;;
        *) for own in "$1/$name".[cS]; do continue 2; done ;;
        esac
        case $excluded in *" $name "*) continue ;; esac
        # 80-bit numbers are x86's alone.
        case $1-$name in aarch64-*xf* | aarch64-*xc3) continue ;; esac
        echo "$file"
      done
    }

    for cpu in x86_64 arm64; do
      case $cpu in
      x86_64) sources x86_64 > "$cpu.files"; echo cpu_model/x86.c >> "$cpu.files" ;;
      arm64) sources aarch64 > "$cpu.files"; echo cpu_model/aarch64.c >> "$cpu.files" ;;
      esac
      mkdir "objects-$cpu"
      CPU=$cpu xargs -P "$NIX_BUILD_CORES" -I @ bash -c '
        name=$(basename "''${1%.*}")
        $CLANG -arch "$CPU" -O3 -fPIC -fvisibility=hidden -DVISIBILITY_HIDDEN -ffile-prefix-map="$PWD=." -I. \
          -c "$1" -o "objects-$CPU/$name.o"' compile @ < "$cpu.files"
      "$ar" rcs "$cpu.a" $(find "objects-$cpu" -name '*.o' | sort)
      "$nm" --defined-only "$cpu.a" > symbols
      for symbol in ___divti3 ___muloti4 ___isPlatformVersionAtLeast; do
        grep -q " $symbol\$" symbols || { echo "the builtins of $cpu lack $symbol" >&2; exit 1; }
      done
    done
    "$lipo" -create x86_64.a arm64.a -output libclang_rt.osx.a
  '';
  installPhase = ''
    mkdir -p "$out/lib/darwin"
    cp libclang_rt.osx.a "$out/lib/darwin/"
  '';
  dontFixup = true;

  meta.description = "compiler-rt's builtins for Darwin ${darwin}";
}
