# Rust 1.97.1, from Debian's unstable release, which keeps no old files.
{ stdenv }:
import ./rust.nix {
  inherit stdenv;
  version = "1.97.1";
  llvm = "22";
  # GCC takes these from PATH otherwise, and the seed's linker cannot load the plug-in of this GCC.
  more = ''
    for name in as ld; do ln -s "$tree/bin/$name" "$out/bin/$name"; done
  '';
  locks = {
    x86_64-linux = ./rust/1.97.1-x86_64-linux.json;
    aarch64-linux = ./rust/1.97.1-aarch64-linux.json;
  };
}
