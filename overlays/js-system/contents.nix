# Whether an initramfs holds exactly the files that its manifest lists, with one owner and one time.
{
  stdenv,
  cpio,
  initramfs,
}:
stdenv.mkDerivation {
  name = "check-contents-${initramfs.pname}";
  nativeBuildInputs = [ cpio ];
  inherit initramfs;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./contents.sh;

  meta.description = "The files of ${initramfs.pname}, compared with its manifest";
}
