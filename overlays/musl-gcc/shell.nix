# A development shell for one target: the cross compiler under the names that build systems look for, and build systems
# that find it by themselves.
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
  # Of Linux alone, and where QEMU knows the target.
  qemu-user ? "",
  toolchain,
  target,
  # Whether there is a C++ compiler.
  cxx,
  # Whether there is a Fortran compiler.
  fortran ? false,
  # The package with GDB, if there is one.
  debugger ? "",
  # The shell's name.
  cell,
  # The triple's first part.
  cpu,
  # The processor as `uname -m` names it.
  uname,
  # Meson's name of the family of processors.
  family,
  # `little` or `big`
  endian,
  # Rust's name of the target, or nothing.
  rust,
  # The suffix of QEMU's user-mode emulator, or nothing.
  emulator,
}:
let
  sysroot = "${toolchain}/${target}";
  files = import ../shell/files.nix {
    inherit
      stdenv
      meson
      pkg-config
      toolchain
      target
      cell
      rust
      sysroot
      cpu
      uname
      family
      endian
      ;
    compiler = "gcc";
    qemu = if emulator == "" then "" else "${qemu-user}/bin/qemu-${emulator}";
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
    ]
    ++ (if debugger == "" then [ ] else [ debugger ]);

    CROSSLOOM_CELL = cell;
    shellHook = ''
      source "${../shell/prompt.sh}"
      source "${files}/share/crossloom/enter.sh"
    '';
  }
  // import ./variables.nix {
    inherit
      target
      cxx
      fortran
      sysroot
      ;
    files = "${files}/share/crossloom";
  }
)
