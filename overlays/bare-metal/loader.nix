# One program of the boot loader of the crate `bootloader`. That crate's build script would call cargo for it, and cargo
# would download it; here it is a package like any other, with its own Cargo.lock and its own target.
{
  stdenv,
  rust,
  # The unpacked crates, `bootloader` with the descriptions of its targets among them.
  crates,
  # The package's archive, as the registry serves it.
  src,
  version,
  package,
  # A target of rustc, or the file of one in the crate `bootloader`.
  target,
  profile,
}:
let
  isFile = builtins.match ".*\\.json" target != null;
  # The linker writes a digest of debugging data into a UEFI program, and that data names temporary files.
  isUefi = builtins.match ".*-uefi" target != null;
in
stdenv.mkDerivation {
  pname = package;
  inherit
    version
    src
    rust
    crates
    package
    profile
    ;
  target = if isFile then "${crates}/bootloader-${version}/${target}" else target;
  program = package;
  rustflags = if isUefi then [ "-Clink-arg=/DEBUG:NONE" ] else [ ];
  features = [ ];
  linkerScript = "";
  targetFile = "";
  # Rust alone.
  compiler = "";
  cflags = [ ];

  nativeBuildInputs = [ rust ];

  # nixpkgs' stdenv does not unpack a file of this name.
  ${if stdenv.isSeed or false then null else "unpackPhase"} = ''
    mkdir source
    tar -xzf "$src" -C source --strip-components=1 --no-same-owner
    cd source
  '';

  buildPhase =
    import ./words.nix { inherit stdenv; }
    + builtins.readFile ./cargo.sh
    + builtins.readFile ./target.sh
    + builtins.readFile ./kernel.sh
    # A BIOS and the first stages take code alone.
    + (if isFile then builtins.readFile ./flat.sh else "");
  dontConfigure = true;
  dontInstall = true;
  dontStrip = true;
  dontFixup = true;

  meta.description = "${package} ${version}";
}
