# A development shell for kernels: what its makefiles call, and the variables that say what it is built for, so that
# `make menuconfig` and `make` work as they are.
{
  stdenv,
  mkShellNoCC,
  bc,
  bison,
  # Not on macOS, as the next.
  elfutils ? "",
  flex,
  kmod ? "",
  ncurses,
  openssl,
  perl,
  pkg-config,
  xz,
  toolchain,
  target,
  cxx,
}:
let
  development = package: package.dev or package;
  library = package: package.out or package;
  inherit (stdenv.buildPlatform) isDarwin;
  # nixpkgs has neither libelf nor kmod for macOS.
  libraries = [
    ncurses
    openssl
  ]
  ++ (if isDarwin then [ ] else [ elfutils ]);
in
mkShellNoCC {
  name = "linux-${target}-shell";
  packages = [
    toolchain.compiler
    bc
    bison
    flex
    perl
    pkg-config
    xz
  ]
  ++ (if isDarwin then [ ] else [ kmod ]);

  ARCH = toolchain.arch;
  # Values of the kernel's own variables: LLVM=1, or CROSS_COMPILE=….
  shellHook = ''
    for word in ${builtins.concatStringsSep " " toolchain.compilerFlags}; do export "$word"; done
    export KDIR=${toolchain.kdir}
  '';
  HOSTCC = "cc";
  HOSTCFLAGS = builtins.concatStringsSep " " (map (package: "-I${development package}/include") libraries);
  HOSTLDFLAGS = builtins.concatStringsSep " " (
    map (package: "-L${library package}/lib -Wl,-rpath,${library package}/lib") libraries
  );
  PKG_CONFIG_PATH = builtins.concatStringsSep ":" (map (package: "${library package}/lib/pkgconfig") libraries);
}
