# LLVM's compiler for the C and assembly files of kernels, for every target. It sees no headers but its own, such as stdint.h.
{ stdenv, llvmPackages_19 }:
let
  inherit (llvmPackages_19) clang-unwrapped;
  # nixpkgs has clang's headers in another output, where this program does not look.
  resources =
    if clang-unwrapped ? lib then ''-resource-dir "${clang-unwrapped.lib}/lib/clang/19" '' else "";
in
stdenv.mkDerivation {
  pname = "kernel-c-compiler";
  version = "19";

  clang = clang-unwrapped;
  inherit (llvmPackages_19) llvm;
  shell = stdenv.shell;

  phases = [ "installPhase" ];
  # Without an ident, which would say who packaged the compiler.
  installPhase = ''
    mkdir -p "$out/bin"
    cat >"$out/bin/clang" <<END
    #!$shell
    exec "$clang/bin/clang" -Qunused-arguments -fno-ident -nostdlibinc ${resources}"\$@"
    END
    chmod +x "$out/bin/clang"
    ln -s "$llvm/bin/llvm-ar" "$out/bin/llvm-ar"
  '';

  meta.description = "clang for kernels";
}
