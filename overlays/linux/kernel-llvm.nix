# LLVM's tools that a kernel's makefiles call with LLVM=1, and nothing else of them.
{ stdenv, llvmPackages_19 }:
stdenv.mkDerivation {
  pname = "kernel-llvm";
  version = "19";

  clang = llvmPackages_19.clang-unwrapped;
  inherit (llvmPackages_19) lld llvm;
  shell = stdenv.shell;

  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$out/bin"
    # A kernel holds the first line of this answer, and objects an ident with the same text: they are to say which compiler,
    # if anything, and not who packaged it.
    cat > "$out/bin/clang" <<END
    #!$shell
    if [ "\$*" = --version ]; then
      said=\$("$clang/bin/clang" --version) || exit
      release=\''${said#*clang version }
      printf 'clang version %s\n' "\''${release%%[!0-9.]*}"
      printf '%s\n' "\$said" | { read -r line; while IFS= read -r line; do printf '%s\n' "\$line"; done; }
      exit
    fi
    for word; do
      if [ "\$word" = -c ]; then exec "$clang/bin/clang" -Qunused-arguments -fno-ident "\$@"; fi
    done
    exec "$clang/bin/clang" "\$@"
    END
    chmod +x "$out/bin/clang"
    ln -s "$lld/bin/ld.lld" "$out/bin/ld.lld"
    for tool in ar nm objcopy objdump readelf strip; do ln -s "$llvm/bin/llvm-$tool" "$out/bin/llvm-$tool"; done
  '';

  meta.description = "clang, lld and LLVM's tools for kernels";
}
