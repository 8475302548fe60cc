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
stdenv.mkDerivation {
  pname = name;
  inherit version libraries;

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
      add "$library" "$out/${target}"
    done
    # ar, nm and ranlib read objects of link-time optimisation through the compiler's plugin.
    mkdir -p "$out/lib/bfd-plugins"
    ln -s "../../libexec/gcc/${target}/${version}/liblto_plugin.so" "$out/lib/bfd-plugins/"
    for tool in gcc g++; do
      if [ -e "$out/bin/${target}-$tool" ]; then ln -s "${target}-$tool" "$out/bin/${target}-''${tool/gcc/cc}"; fi
    done
  '';

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
