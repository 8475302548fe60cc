# A disk image that boots a kernel by the loader of the crate `bootloader`.
{
  stdenv,
  diskImage,
  kernel,
  # The loader's programs, and what starts it: uefi or bios.
  loaders,
  firmware,
}:
stdenv.mkDerivation {
  pname = "image-${firmware}-${kernel.pname}";
  version = "0";
  inherit kernel loaders firmware;
  inherit (kernel) program;

  nativeBuildInputs = [ diskImage ];

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./image.sh;

  meta.description = "A disk image for ${firmware}";
}
