# The fate of a kernel's source on a file system that takes names that differ only by case for one file, as on macOS: which names of the
# real archive these are, what is lost of them, and that the recipe's guard stops before anything is unpacked.
#
# No file system here is of that kind, and mounting one takes root: a preloaded library stands in for it, for the shell
# and tar. It tells the guard and tar what macOS would tell them; it proves nothing about APFS itself.
{
  stdenv,
  # The kernel, packed.
  src,
  version,
  guard ? ./case.sh,
}:
stdenv.mkDerivation {
  pname = "check-kernel-case-insensitive";
  inherit version src guard;
  fold = ./kernel-case-insensitive/fold.c;

  phases = [ "installPhase" ];
  installPhase = builtins.readFile ./kernel-case-insensitive.sh;

  meta.description = "Names of Linux ${version} that differ by case alone, and the guard against losing them";
}
