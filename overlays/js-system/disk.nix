# A disk image of a system that UEFI starts: a GUID partition table with one EFI system partition.
{
  stdenv,
  package,
  # The writer of disk images, and the program that starts Linux.
  diskImage,
  loader,
  # Where firmware looks for a loader.
  loaderPlace,
}:
stdenv.mkDerivation {
  pname = "disk-${package.initramfs.root}";
  version = package.version;
  inherit package loader loaderPlace;
  nativeBuildInputs = [ diskImage ];

  phases = [ "installPhase" ];
  installPhase = ''
    mkdir "$out"
    files=("$loaderPlace=$(echo "$loader"/*.efi)")
    for name in kernel initramfs command-line; do files+=("$name=$package/$name"); done
    disk-image uefi "$out/disk.img" "''${files[@]}"
    {
      head -n 1 "$package/manifest.tsv"
      printf '%s\t0644\t%s\tcrossloom, and the crate uefi with those that it needs\t(MIT OR Apache-2.0) AND MIT AND MPL-2.0\n' "$loaderPlace" \
        "$(sha256sum "''${files[0]#*=}" | cut -d ' ' -f 1)"
      tail -n +2 "$package/manifest.tsv"
    } >"$out/manifest.tsv"
  '';

  passthru = { inherit (package) initramfs; };
  meta.description = "A disk image of ${package.pname}";
}
