# A development shell for one macOS target: the cross compiler under the names that build systems look for, and build
# systems that find it by themselves.
{
  stdenv,
  mkShellNoCC,
  autoconf,
  automake,
  cmake,
  libtool,
  meson,
  ninja,
  pkg-config,
  toolchain,
  target,
  # Whether there is a C++ compiler.
  cxx,
  # The shell's name.
  cell,
  # Rust's name of the target.
  rust,
}:
let
  files = import ../shell/files.nix {
    inherit
      stdenv
      meson
      pkg-config
      toolchain
      target
      cell
      rust
      ;
    compiler = "clang";
  };
in
mkShellNoCC (
  {
    name = "${target}-shell";
    # Before Meson itself.
    packages = [
      files
      toolchain
      autoconf
      automake
      cmake
      libtool
      meson
      ninja
      pkg-config
    ];

    CC = "${target}-clang";
    CPP = "${target}-clang -E";
    AR = "${target}-ar";
    AS = "${target}-as";
    LD = "${target}-ld";
    LIPO = "${target}-lipo";
    NM = "${target}-nm";
    OBJC = "${target}-clang";
    OBJCOPY = "${target}-objcopy";
    OBJDUMP = "${target}-objdump";
    OTOOL = "${target}-otool";
    RANLIB = "${target}-ranlib";
    STRIP = "${target}-strip";
    # rustc would name an older release than the target's to the linker.
    MACOSX_DEPLOYMENT_TARGET = toolchain.minimum;

    CROSSLOOM_CELL = cell;
    CMAKE_TOOLCHAIN_FILE = "${toolchain}/share/crossloom/toolchain.cmake";
    MESON_CROSS_FILE = "${toolchain}/share/crossloom/cross.ini";
    CONFIG_SITE = "${toolchain}/share/crossloom/config.site";
    PKG_CONFIG = "${target}-pkg-config";
    # The toolchain's pkg-config knows the SDK; the build machine's finds nothing.
    PKG_CONFIG_LIBDIR = "${files}/lib/pkgconfig";
    shellHook = ''
      source "${../shell/prompt.sh}"
      source "${files}/share/crossloom/enter.sh"
      source "${toolchain}/share/crossloom/environment.sh"
    '';
  }
  // (
    if cxx then
      {
        CXX = "${target}-clang++";
        OBJCXX = "${target}-clang++";
      }
    else
      { }
  )
)
