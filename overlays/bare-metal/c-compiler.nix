# LLVM's compiler for the C and assembly files of kernels, for every target. It sees no headers but its own, such as stdint.h.
{ stdenv, llvmPackages_19 }:
stdenv.mkDerivation {
  pname = "kernel-c-compiler";
  version = "19";

  clang = llvmPackages_19.clang-unwrapped;
  inherit (llvmPackages_19) llvm;
  shell = stdenv.shell;

  phases = [ "installPhase" ];
  # Without an ident, which would say who packaged the compiler.
  installPhase = ''
    mkdir -p "$out/bin"
    cat >"$out/bin/clang" <<END
    #!$shell
    exec "$clang/bin/clang" -Qunused-arguments -fno-ident -nostdlibinc "\$@"
    END
    chmod +x "$out/bin/clang"
    ln -s "$llvm/bin/llvm-ar" "$out/bin/llvm-ar"
  '';

  meta.description = "clang for kernels";
}
