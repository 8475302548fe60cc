# crossloom's own loader: a UEFI application that starts a kernel as Linux's boot protocol of the architecture says.
{
  stdenv,
  rust,
  # The unpacked crates.
  crates,
  # A target of rustc, and flags for everything that is compiled for it.
  target,
  rustflags,
  # A file in the folder `efi-loader`, where rustc has no target for UEFI: it makes a program whose bytes are an application.
  linkerScript,
  # Another crate with the same build, such as the loader of Linux.
  src ? ./efi-loader,
  package ? "efi-loader",
}:
stdenv.mkDerivation {
  pname = "${package}-${target}";
  version = "0.1.0";
  inherit
    src
    package
    rust
    crates
    target
    rustflags
    linkerScript
    ;
  program = package;
  features = [ ];
  profile = "release";
  targetFile = "";
  # Rust alone.
  compiler = "";
  cflags = [ ];

  nativeBuildInputs = [ rust ];

  buildPhase =
    import ./words.nix { inherit stdenv; }
    + builtins.readFile ./cargo.sh
    + builtins.readFile ./target.sh
    + builtins.readFile ./kernel.sh
    + (
      if linkerScript == "" then
        ""
      else
        builtins.readFile ./flat.sh
        + ''
          mv "$out/$program.bin" "$out/$program.efi"
        ''
    );
  dontConfigure = true;
  dontInstall = true;
  dontStrip = true;
  dontFixup = true;

  meta.description = "A loader for kernels that UEFI starts, for ${target}";
}
