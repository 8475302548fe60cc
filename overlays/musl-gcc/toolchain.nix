# One relocatable toolchain out of its parts: <target>-gcc and its friends in bin, the target's headers and libraries in
# <target>/. Files are copied, since a driver that is reached through a link looks for its parts where the link points.
{
  stdenv,
  binutils,
  gcc,
  libgcc,
  linuxHeaders,
  musl,
  libraries,
  name,
  version,
  target,
}:
let
  parts = [
    binutils
    gcc
    libgcc
    linuxHeaders
    musl
  ]
  ++ libraries;
  inherit (import ./forget.nix { inherit stdenv parts; }) forget script;
in
stdenv.mkDerivation {
  pname = name;
  inherit version libraries forget;

  phases = [
    "installPhase"
    "fixupPhase"
  ];
  installPhase = ''
    mkdir -p "$out/${target}"
    add() {
      cp -r --no-preserve=ownership "$1/." "$2"
      chmod -R u+w "$2"
    }
    add ${gcc} "$out"
    rm "$out/${target}/bin"
    add ${binutils} "$out"
    add ${libgcc} "$out"
    add ${linuxHeaders} "$out/${target}"
    add ${musl} "$out/${target}"
    for library in $libraries; do
      add "$library" "$out"
    done
    # ar, nm and ranlib read objects of link-time optimisation through the compiler's plugin.
    mkdir -p "$out/lib/bfd-plugins"
    ln -s "../../libexec/gcc/${target}/${version}/liblto_plugin.so" "$out/lib/bfd-plugins/"
    ln -s "${target}-gcc" "$out/bin/${target}-cc"
    # What these would link is not ported to musl. The linker reads a text as a script, and prints its message.
    for library in libasan.a libasan_preinit.o libhwasan.a libhwasan_preinit.o liblsan.a liblsan_preinit.o libtsan.a \
      libtsan_preinit.o libubsan.a; do
      cp ${./no-sanitizer.ld} "$out/${target}/lib/$library"
    done
    # With -static, the driver reads it before it calls the linker.
    touch "$out/${target}/lib/libsanitizer.spec"
    # GCC reads a file `specs` in its library folder instead of its built-in specs, which `-dumpspecs` prints. There is one
    # already if the toolchain has another allocator.
    specs=$out/lib/gcc/${target}/${version}/specs
    if [ ! -e "$specs" ]; then "$out/bin/${target}-gcc" -dumpspecs >"$specs"; fi
    awk -f ${./static-pie.awk} "$specs" >specs
    mv specs "$specs"
    # Every program finds its parts relative to itself. The places that it was configured for are blotted out: they would
    # keep the parts alive beside their copies, and a driver would silently fall back to them.
    ${script}
  '';
  disallowedReferences = forget;

  dontStrip = true;
  dontPatchELF = true;

  passthru = {
    inherit
      binutils
      gcc
      libgcc
      musl
      target
      ;
  };
  meta.description = "C and C++ cross toolchain for ${target}";
}
