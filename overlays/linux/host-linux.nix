# The flags with which a Linux build machine compiles the kernel's host tools, beyond the libraries. The same names as in
# host-darwin.nix.
{
  hostCFlags = [ ];
  hostLdFlags = [
    # sorttable's threads end by pthread_exit(), for which libc loads libgcc_s.so.1 by name: it is looked for where the
    # program's own search path says, but only by an old-style one.
    "-Wl,--disable-new-dtags"
  ];
  hostLd = "ld";
  notBuilt = { };
}
