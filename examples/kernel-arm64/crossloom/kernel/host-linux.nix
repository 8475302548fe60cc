# What a Linux build machine needs to compile the kernel's host tools: nothing beyond the libraries. The same names as in
# host-darwin.nix.
{
  hostCFlags = [ ];
  hostLdFlags = [ ];
  hostLd = "ld";
  notBuilt = { };
}
