# Variables that build tools read about one target. Programs are named without a path, and have to be on PATH.
{
  target,
  # Whether there is a C++ compiler.
  cxx,
  # Whether there is a Fortran compiler.
  fortran ? false,
  # The folder of the files for build tools.
  files,
  # The place of the target's headers and libraries.
  sysroot,
}:
{
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

  CMAKE_TOOLCHAIN_FILE = "${files}/toolchain.cmake";
  MESON_CROSS_FILE = "${files}/cross.ini";
  CONFIG_SITE = "${files}/config.site";
  PKG_CONFIG = "${target}-pkg-config";
  PKG_CONFIG_LIBDIR = "${sysroot}/lib/pkgconfig:${sysroot}/share/pkgconfig";
}
// (if cxx then { CXX = "${target}-g++"; } else { })
// (if fortran then { FC = "${target}-gfortran"; } else { })
