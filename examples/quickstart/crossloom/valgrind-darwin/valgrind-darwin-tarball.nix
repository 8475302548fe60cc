# Valgrind for macOS as one archive that runs wherever it is unpacked.
{
  stdenv,
  valgrind,
  version,
  target,
  darwinVersion,
  # The tool that a small archive is for. All of them, and their manual, where it is empty.
  tool ? "",
}:
let
  folder = "valgrind-${version}-${target}" + (if tool == "" then "" else "-${tool}");
in
stdenv.mkDerivation {
  pname = "valgrind-${target}-" + (if tool == "" then "tarball" else "${tool}-tarball");
  inherit
    folder
    tool
    valgrind
    version
    ;
  package = ./valgrind-package;

  phases = [ "installPhase" ];
  installPhase = ''
    mkdir -p "$folder"
    if [ -n "$tool" ]; then
      mkdir -p "$folder/bin" "$folder/libexec/valgrind"
      cp "$valgrind/bin/valgrind" "$folder/bin/"
      cp "$valgrind"/libexec/valgrind/{"$tool",vgpreload_core,vgpreload_"$tool"}-*-darwin* "$folder/libexec/valgrind/"
      cp "$valgrind/libexec/valgrind/default.supp" "$folder/libexec/valgrind/"
      cp "$valgrind/share/doc/valgrind/html/license.gpl.html" "$folder/"
    else
      cp -r --no-preserve=ownership "$valgrind/." "$folder/"
      chmod -R u+w "$folder"
      # For writing a tool of one's own; most of the size.
      rm -rf "$folder/include" "$folder/lib"
    fi
    chmod -R u+w "$folder"
    mv "$folder/bin/valgrind" "$folder/libexec/valgrind/valgrind-launcher"
    cp "$package/valgrind.sh" "$folder/bin/valgrind"
    part=all
    if [ -n "$tool" ]; then part=small; fi
    sed -e "/^@$part@/!{/^@[a-z]*@/d}" -e "s/^@$part@ *//" -e "s/@name@/$folder/g" -e "s/@tool@/''${tool:-memcheck}/g" \
      -e 's/@version@/${version}/g' -e 's/@target@/${target}/g' -e 's/@darwinVersion@/${darwinVersion}/g' "$package/README" > "$folder/README"
    if grep -n '@[a-zA-Z]*@' "$folder/README"; then
      echo "README: a placeholder is left" >&2
      exit 1
    fi
    find "$folder" -type d -exec chmod 755 {} +
    find "$folder" -type f -perm -100 -exec chmod 755 {} +
    find "$folder" -type f ! -perm -100 -exec chmod 644 {} +
    chmod 755 "$folder/bin/valgrind"
    mkdir -p "$out/nix-support"
    # In a fixed order, without owners and dates.
    tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner -cf - "$folder" | gzip -9n > "$out/$folder.tar.gz"
    # For Hydra, to offer it for download.
    echo "file binary-dist $out/$folder.tar.gz" > "$out/nix-support/hydra-build-products"
  '';

  meta.description = "Valgrind for macOS (${target}), as an archive";
}
