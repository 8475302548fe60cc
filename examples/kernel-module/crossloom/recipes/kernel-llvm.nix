# LLVM's tools that a kernel's makefiles call with LLVM=1, and nothing else of them.
{ stdenv, llvmPackages_19 }:
stdenv.mkDerivation {
  pname = "kernel-llvm";
  version = "19";

  clang = llvmPackages_19.clang-unwrapped;
  inherit (llvmPackages_19) lld llvm;

  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$out/bin"
    ln -s "$clang/bin/clang" "$out/bin/clang"
    ln -s "$lld/bin/ld.lld" "$out/bin/ld.lld"
    for tool in ar nm objcopy objdump readelf strip; do ln -s "$llvm/bin/llvm-$tool" "$out/bin/llvm-$tool"; done
  '';

  meta.description = "clang, lld and LLVM's tools for kernels";
}
