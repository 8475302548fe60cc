# GCC's host programs and binutils as a kernel's makefiles call them. A kernel brings all that it links, so there is no
# library of the target here.
{
  stdenv,
  # `aarch64-linux-musl`
  target,
  binutils,
  gcc,
}:
stdenv.mkDerivation {
  pname = "kernel-gcc-${target}";
  version = gcc.version or "0";
  inherit target binutils gcc;

  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$out/bin"
    ln -s "$gcc/bin/$target-gcc" "$out/bin/$target-gcc"
    for tool in ar as ld nm objcopy objdump readelf strip; do
      ln -s "$binutils/bin/$target-$tool" "$out/bin/$target-$tool"
    done
  '';

  meta.description = "GCC for kernels of ${target}";
}
