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
  installPhase = ''
    mkdir -p "$out"
    find usr/include -type f ! -name '*.h' -delete
    cp -r usr/include "$out/include"
  '';

  enableParallelBuilding = true;

  meta.description = "Linux user-space headers for ${arch}";
}
