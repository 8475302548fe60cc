# The kernel's user-space headers of one architecture.
{
  stdenv,
  perl,
  src,
  version,
  # The kernel's name for the architecture: `x86`, `arm64`, …
  arch,
}:
stdenv.mkDerivation {
  pname = "linux-headers-${arch}";
  inherit version src;

  nativeBuildInputs = [ perl ];

  # Only what `make headers` reads, so that the other 70,000 files are never written.
  unpackPhase = ''
    mkdir source
    tar -xf "$src" -C source --strip-components=1 --no-same-owner --wildcards --no-wildcards-match-slash \
      '*/Makefile' '*/Kbuild' '*/include' '*/scripts' '*/arch/${arch}' '*/tools/include' '*/usr' '*/Kconfig' '*/certs'
    sourceRoot=source
  '';

  # `headers_install` wants rsync for one copy; `headers` leaves the same files in usr/include.
  dontConfigure = true;
  buildFlags = [
    "ARCH=${arch}"
    # Its tools are for the build machine, whose compiler is gcc or clang.
    "HOSTCC=cc"
    "headers"
  ];
  # Some of these headers have the same declarations as musl's, and make way for glibc's alone: where a program includes both, they
  # take musl's. musl has them for programs that do not ask for a standard and nothing else.
  installPhase = ''
    mkdir -p "$out"
    find usr/include -type f ! -name '*.h' -delete
    # yield HEADER MUSL: after the guard, musl's header first
    yield() {
      if [ "$(grep -cE '^#define _(UAPI_?)?LINUX_[A-Z0-9]+_H$' "usr/include/linux/$1")" != 1 ]; then
        echo "error: linux/$1 is not as it was: it has another guard" >&2
        exit 1
      fi
      sed -i -E '/^#define _(UAPI_?)?LINUX_[A-Z0-9]+_H$/a #include <features.h>\n#if defined(_GNU_SOURCE) || defined(_BSD_SOURCE)\n#include <'"$2"'>\n#endif' \
        "usr/include/linux/$1"
    }
    yield if.h net/if.h
    yield in.h netinet/in.h
    yield in6.h netinet/in.h
    # musl shows these two always.
    for part in sysinfo:sysinfo prctl:prctl_mm_map; do
      file=usr/include/linux/''${part%:*}.h struct=''${part#*:}
      sed -i "/^struct $struct {/,/^};/d; /^#include <linux\/types.h>$/a #include <sys/''${part%:*}.h>" "$file"
      if grep -q "^struct $struct {" "$file" || ! grep -q "^#include <sys/''${part%:*}.h>" "$file"; then
        echo "error: $file is not as it was: it declares struct $struct in another way" >&2
        exit 1
      fi
    done
    cp -r usr/include "$out/include"
  '';

  enableParallelBuilding = true;

  meta.description = "Linux user-space headers for ${arch}";
}
