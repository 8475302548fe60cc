# A UEFI application that starts Linux with an initramfs and a command line, from files beside it.
{
  stdenv,
  rust,
  crates,
  # A target of rustc, and flags for everything that is compiled for it.
  target,
  rustflags,
}:
import ../bare-metal/efi-loader.nix {
  inherit
    stdenv
    rust
    crates
    target
    rustflags
    ;
  linkerScript = "";
  src = ./linux-loader;
  package = "linux-loader";
}
