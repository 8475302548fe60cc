# A Nix of Debian's, unpacked and relocated as the seed's programs are.
{
  # A lock of `nix-bin`, as `crossloom seed lock --root` writes it.
  lock,
}:
(import ../../overlays/seed { lock = builtins.fromJSON (builtins.readFile lock); }).tree
