# A module for a Linux kernel, built out of the kernel's tree against its `kdir`.
{
  stdenv,
  # A kernel of crossloom's.
  linux,
  # Its name in the matrix.
  module,
  # The folder with its Kbuild or Makefile.
  src,
  # Built modules whose symbols it uses, and what make is told beside that.
  needs ? [ ],
  makeFlags ? [ ],
}:
stdenv.mkDerivation {
  pname = "linux-module-${module}-${linux.target}";
  version = linux.version or "0";
  inherit
    src
    module
    needs
    makeFlags
    ;
  inherit (linux) arch compilerFlags kdir;

  nativeBuildInputs = linux.buildTools;

  buildPhase = builtins.readFile ./module.sh;
  # depmod looks here on the machine that runs the kernel: beside the kernel's own modules.
  installPhase = ''
    release=$(cat "$kdir/include/config/kernel.release")
    for file in $(find . -name '*.ko' | sort); do
      mkdir -p "$out/lib/modules/$release/updates/$(dirname "$file")"
      cp "$file" "$out/lib/modules/$release/updates/$file"
    done
    cp Module.symvers "$out/"
  '';
  # The build machine's tools must not touch files for the kernel's machine.
  dontConfigure = true;
  dontStrip = true;
  dontFixup = true;

  meta.description = "The module ${module} for Linux on ${linux.target}";
}
