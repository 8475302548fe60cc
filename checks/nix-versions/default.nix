# A Nix of Debian's, unpacked and relocated as the seed's programs are.
{
  # A lock of `nix-bin`, as `crossloom seed lock --root` writes it.
  lock,
}:
let
  pinned = builtins.fromJSON (builtins.readFile lock);
in
# Named apart from the seed of that suite: a Nix that builds the seed must not find its own C library to be an output.
(import ../../overlays/seed {
  lock = pinned // {
    suite = "nix-${pinned.suite}";
  };
}).tree
