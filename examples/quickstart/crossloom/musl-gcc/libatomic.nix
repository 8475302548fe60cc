# How GCC's libraries are built with a driver that links libatomic by itself, as GCC's does since version 16.
{
  # GCC's version.
  version,
}:
let
  linksLibatomic = builtins.compareVersions version "16" >= 0;
in
{
  inherit linksLibatomic;
  # The driver's flag for the time when there is no libatomic yet: without it, no configure script could link a program.
  unlinked = if linksLibatomic then " -fno-link-libatomic" else "";
}
