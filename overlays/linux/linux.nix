# A Linux kernel: image, vmlinux, System.map, config, modules and device trees; the tree that modules are built against
# (`kdir`), and the headers for user space.
{
  stdenv,
  bc,
  bison,
  cpio,
  # Not on macOS, as the next.
  elfutils ? "",
  flex,
  kmod ? "",
  openssl,
  perl,
  pkg-config,
  python3,
  xz,
  zstd,
  src,
  version,
  # The name in the matrix: `x86_64`.
  target,
  # The kernel's own: the value of ARCH=.
  arch,
  # Its folder below arch/: `x86`.
  sourceArch,
  # The file that boot loaders take, from the root of a built kernel.
  image,
  # Whether its makefiles know device trees.
  deviceTrees,
  # A package with the compiler and its tools, and what makefiles are told to use it.
  compiler,
  compilerFlags,
  # The command that compiles programs for the target, without libraries: `clang --target=…`.
  programCompiler,
  # The goal that configuration begins with; empty where a whole configuration is given.
  base ? "",
  baseFiles ? [ ],
  # Put on it in order. A symbol that is not obtained is an error.
  fragments,
}:
let
  host = import (if stdenv.buildPlatform.isDarwin then ./host-darwin.nix else ./host-linux.nix);
  # nixpkgs has no libelf for macOS.
  libraries =
    if stdenv.buildPlatform.isDarwin then
      [ openssl ]
    else
      [
        elfutils
        openssl
      ];
  buildTools = [
    compiler
    bc
    bison
    cpio
    flex
    perl
    pkg-config
    python3
    xz
    zstd
  ]
  # macOS has none: an index of modules is made there by whoever installs them.
  ++ (if stdenv.buildPlatform.isDarwin then [ ] else [ kmod ]);
  # For programs that run where the kernel is built. No search path of a compiler's holds them, since that would be the
  # kernel's compiler's, too.
  hostIncludes = packages: map (package: "${package.dev or package}/include") packages;
  hostLibraries = packages: map (package: "${package.out or package}/lib") packages;
in
stdenv.mkDerivation {
  pname = "linux-${target}";
  inherit
    version
    src
    target
    arch
    sourceArch
    image
    base
    baseFiles
    fragments
    compilerFlags
    ;
  deviceTrees = if deviceTrees then "1" else "";
  outputs = [
    "out"
    "kdir"
    "headers"
  ];
  # nixpkgs would tell a configure script of them, and a kernel has none.
  setOutputFlags = false;

  nativeBuildInputs = buildTools;
  hostIncludes = hostIncludes libraries;
  hostLibraries = hostLibraries libraries;
  inherit (host) hostCFlags hostLdFlags hostLd;
  explain = ./explain.c;

  # All that the makefiles and scripts call; a program that is not named here is not found.
  tools = builtins.readFile ./tools.txt;

  # On macOS, files of a kernel would overwrite each other.
  preUnpack = builtins.readFile ./case.sh + ''
    need_case_sensitive "$NIX_BUILD_TOP"
  '';
  postPatch = builtins.readFile ./set-up.sh;
  configurePhase = builtins.readFile ./configure.sh;
  buildPhase = builtins.readFile ./build.sh;
  installPhase = builtins.readFile ./install.sh;
  # The build machine's tools must not touch files for the kernel's machine.
  dontStrip = true;
  dontFixup = true;
  enableParallelBuilding = true;

  passthru = {
    inherit
      target
      arch
      image
      sourceArch
      compiler
      compilerFlags
      programCompiler
      buildTools
      libraries
      hostIncludes
      hostLibraries
      host
      ;
  };
  meta.description = "Linux for ${target}";
}
