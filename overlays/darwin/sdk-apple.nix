# Apple's own macOS SDK, out of the package of its command line tools that Apple's server holds. Its licence bars
# passing it on, and lets it be used on Apple's machines alone: nothing fetches it unless a matrix says
# `accept-license = true`.
{
  stdenv,
  python3,
  src,
  version,
}:
stdenv.mkDerivation {
  pname = "macos-sdk";
  inherit version src;
  script = ./extract-pkg.py;

  nativeBuildInputs = [ python3 ];

  phases = [ "installPhase" ];
  installPhase = ''
    python3 "$script" "$src" ${version} "$out"
    for file in SDKSettings.json usr/include/sys/types.h usr/lib/libSystem.tbd; do
      [ -e "$out/$file" ] || { echo "$src: its SDK holds no $file" >&2; exit 1; }
    done
  '';

  meta.description = "Apple's SDK of macOS ${version}";
}
