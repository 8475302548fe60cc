# Whether the Linux kernel's host tools could be built on a Mac: the kernel's own build makes them for this machine, and
# every call of its compiler is repeated for macOS with crossloom's toolchain, compiling and linking. None is run.
{
  stdenv,
  bc,
  bison,
  elfutils,
  file,
  flex,
  llvmPackages_19,
  openssl,
  perl,
  zlib,
  # A macOS toolchain or bare compiler of crossloom's.
  cc,
  # That compiler's target: `arm64-apple-darwin22`
  target,
  # The kernel, packed.
  src,
  version,
  # The value of the kernel's ARCH=, and its folder below arch/: `x86_64` and `x86`
  arch,
  sourceArch,
  # Host tools that neither `prepare` nor `scripts` makes whatever the configuration, but that kernels are built with:
  # `DIRECTORY:PROGRAM` as the directory's Makefile names it.
  tools ? [
    "certs:extract-cert"
    "drivers/tty/vt:conmakehash"
    "drivers/video/logo:pnmtologo"
    "lib:gen_crc32table"
    "lib:gen_crc64table"
    "lib/raid6:mktables"
    "scripts:asn1_compiler"
    "scripts:insert-sys-cert"
    "scripts:recordmcount"
    "scripts:sign-file"
    "scripts:sorttable"
    "scripts:unifdef"
    "scripts/selinux/genheaders:genheaders"
    "scripts/selinux/mdp:mdp"
    "usr:gen_init_cpio"
  ],
  # The same for one architecture.
  archTools ? {
    arm64 = [ "arch/arm64/kvm/hyp/nvhe:gen-hyprel" ];
    x86 = [
      "arch/x86/boot/compressed:mkpiggy"
      "arch/x86/boot:mkcpustr"
      "arch/x86/boot:tools/build"
      "arch/x86/entry/vdso:vdso2c"
    ];
  },
  # What these are compiled from, where it is made in another directory.
  generated ? {
    x86 = [ "arch/x86/kernel/cpu:capflags.c" ];
  },
  # What the kernel's recipe passes on a Mac.
  host ? import ./host-darwin.nix,
}:
let
  inherit (builtins) attrNames concatStringsSep;
  inherit (llvmPackages_19) clang-unwrapped lld llvm;
in
stdenv.mkDerivation {
  pname = "check-kernel-host-tools-darwin-${sourceArch}";
  inherit version src arch;

  nativeBuildInputs = [
    bc
    bison
    clang-unwrapped
    file
    flex
    lld
    llvm
    perl
  ];
  # Of this machine: the real tools are linked with them.
  buildInputs = [
    elfutils
    openssl
    zlib
  ];

  compiler = "${cc}/bin/${target}-clang";
  # As the kernel calls the Mac's processor.
  hostArch = if builtins.match "arm64-.*" target != null then "arm64" else "x86";
  wrapper = ./kernel-host-tools-darwin-cc.sh;
  tools = tools ++ (archTools.${sourceArch} or [ ]);
  generated = generated.${sourceArch} or [ ];
  inherit (host) hostCFlags hostLdFlags;
  # `PLACE REASON`, one a line
  notBuilt = concatStringsSep "\n" (
    map (tool: "${tool} ${host.notBuilt.${tool}}") (attrNames host.notBuilt)
  );

  phases = [
    "unpackPhase"
    "installPhase"
  ];
  installPhase = builtins.readFile ./kernel-host-tools-darwin.sh;

  meta.description = "Host tools of Linux ${version} for ${sourceArch}, compiled and linked for macOS";
}
