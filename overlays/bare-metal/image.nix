# A disk image that boots a kernel by a loader.
{
  stdenv,
  diskImage,
  kernel,
  # The loader's programs, and what starts it: uefi or bios.
  loaders,
  firmware,
  # The places of a loader for UEFI and of the kernel in the image's file system.
  loaderPlace,
  kernelPlace,
}:
stdenv.mkDerivation {
  pname = "image-${firmware}-${kernel.pname}";
  version = "0";
  inherit
    kernel
    loaders
    firmware
    loaderPlace
    kernelPlace
    ;
  inherit (kernel) program;

  nativeBuildInputs = [ diskImage ];

  phases = [ "installPhase" ];
  installPhase = import ./words.nix { inherit stdenv; } + builtins.readFile ./image.sh;

  meta.description = "A disk image for ${firmware}";
}
