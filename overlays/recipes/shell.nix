# A development shell for one target: the cross compiler under the names that build systems look for.
{
  mkShellNoCC,
  toolchain,
  target,
  # Whether there is a C++ compiler.
  cxx,
}:
mkShellNoCC (
  {
    name = "${target}-shell";
    packages = [ toolchain ];

    CC = "${target}-gcc";
    CPP = "${target}-cpp";
    AR = "${target}-ar";
    AS = "${target}-as";
    LD = "${target}-ld";
    NM = "${target}-nm";
    OBJCOPY = "${target}-objcopy";
    OBJDUMP = "${target}-objdump";
    RANLIB = "${target}-ranlib";
    READELF = "${target}-readelf";
    STRIP = "${target}-strip";
    CROSS_COMPILE = "${target}-";
  }
  // (if cxx then { CXX = "${target}-g++"; } else { })
)
