# Rust 1.97.1, from Debian's unstable release, which keeps no old files.
{ stdenv }:
import ./rust.nix {
  inherit stdenv;
  version = "1.97.1";
  llvm = "22";
  locks = {
    x86_64-linux = ./rust/1.97.1-x86_64-linux.json;
    aarch64-linux = ./rust/1.97.1-aarch64-linux.json;
  };
}
