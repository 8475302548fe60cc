# A development shell for one macOS target: the cross compiler under the names that build systems look for.
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

    CC = "${target}-clang";
    CPP = "${target}-clang -E";
    AR = "${target}-ar";
    AS = "${target}-as";
    LD = "${target}-ld";
    LIPO = "${target}-lipo";
    NM = "${target}-nm";
    OBJDUMP = "${target}-objdump";
    PKG_CONFIG = "${target}-pkg-config";
    OTOOL = "${target}-otool";
    RANLIB = "${target}-ranlib";
    STRIP = "${target}-strip";
  }
  // (if cxx then { CXX = "${target}-clang++"; } else { })
)
