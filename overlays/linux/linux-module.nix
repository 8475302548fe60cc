# A module for a Linux kernel, built out of the kernel's tree against its `kdir`.
{
  stdenv,
  # A kernel of crossloom's.
  linux,
  # Its name in the matrix.
  module,
  # The folder with its Kbuild or Makefile.
  src,
}:
stdenv.mkDerivation {
  pname = "linux-module-${module}-${linux.target}";
  version = linux.version or "0";
  inherit src module;
  inherit (linux) arch compilerFlags kdir;

  nativeBuildInputs = linux.buildTools;

  buildPhase = builtins.readFile ./module.sh;
  # Where whoever runs the kernel has depmod look: beside the kernel's own.
  installPhase = ''
    release=$(cat "$kdir/include/config/kernel.release")
    for file in $(find . -name '*.ko' | sort); do
      mkdir -p "$out/lib/modules/$release/updates/$(dirname "$file")"
      cp "$file" "$out/lib/modules/$release/updates/$file"
    done
    cp Module.symvers "$out/"
  '';
  # What is for the kernel's machine is not to be touched by the build machine's tools.
  dontConfigure = true;
  dontStrip = true;
  dontFixup = true;

  meta.description = "The module ${module} for Linux on ${linux.target}";
}
