# Rust 1.85.0, from Debian 12's security updates.
{ stdenv }:
import ./rust.nix {
  inherit stdenv;
  version = "1.85.0";
  llvm = "19";
  locks = {
    x86_64-linux = ./rust/1.85.0-x86_64-linux.json;
    aarch64-linux = ./rust/1.85.0-aarch64-linux.json;
  };
}
