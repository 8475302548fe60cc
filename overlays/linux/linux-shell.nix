# A development shell for kernels: what its makefiles call, and the variables that say what it is built for, so that
# `make menuconfig` and `make` work as they are.
{
  mkShellNoCC,
  ncurses,
  toolchain,
  target,
  cxx,
  # The shell's name.
  cell,
}:
let
  # For menuconfig.
  libraries = toolchain.libraries ++ [ ncurses ];
  words = prefix: map (place: prefix + place);
  places = toolchain.hostLibraries libraries;
in
mkShellNoCC {
  name = "linux-${target}-shell";
  packages = toolchain.buildTools;

  CROSSLOOM_CELL = cell;
  ARCH = toolchain.arch;
  # Values of the kernel's own variables: LLVM=1, or CROSS_COMPILE=….
  shellHook = ''
    for word in ${builtins.concatStringsSep " " toolchain.compilerFlags}; do export "$word"; done
    export KDIR=${toolchain.kdir}
    # Makefiles set these themselves, and only what make is told has precedence.
    export MAKEFLAGS="''${MAKEFLAGS:+$MAKEFLAGS }HOSTCC=cc HOSTCXX=c++ HOSTLD=${toolchain.host.hostLd} HOSTAR=ar"
    source "${../shell/prompt.sh}"
  '';
  HOSTCFLAGS = builtins.concatStringsSep " " (
    toolchain.host.hostCFlags ++ words "-I" (toolchain.hostIncludes libraries)
  );
  HOSTLDFLAGS = builtins.concatStringsSep " " (
    toolchain.host.hostLdFlags ++ words "-L" places ++ words "-Wl,-rpath," places
  );
  PKG_CONFIG_PATH = builtins.concatStringsSep ":" (map (place: "${place}/pkgconfig") places);
}
