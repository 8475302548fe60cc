# An SDK with headers of Apple's open-source kernel added: those of low-level programs, and the interface definitions
# (.defs) that a Mach interface generator reads.
{
  stdenv,
  python3,
  # A release of xnu, unpacked.
  src,
  version,
  # The SDK that it is added to; its own files win.
  base,
}:
stdenv.mkDerivation {
  pname = "macos-sdk-xnu";
  inherit version src base;
  script = ./xnu-headers.py;
  compat = ./include;

  nativeBuildInputs = [ python3 ];

  phases = [ "installPhase" ];
  installPhase = ''
    cp -r --no-preserve=mode,ownership "$base" "$out"
    python3 "$script" "$src" "$compat" "$out"
  '';

  meta.description = "Open headers of macOS with those of xnu ${version}";
}
