# Valgrind for macOS as one archive that runs wherever it is unpacked.
{
  stdenv,
  valgrind,
  version,
  target,
  darwinVersion,
}:
stdenv.mkDerivation {
  pname = "valgrind-${target}-tarball";
  inherit valgrind version;
  package = ./valgrind-package;

  phases = [ "installPhase" ];
  installPhase = ''
    name=valgrind-${version}-${target}
    mkdir -p "$name"
    cp -r --no-preserve=ownership "$valgrind/." "$name/"
    chmod -R u+w "$name"
    # For writing a tool of one's own; most of the size.
    rm -rf "$name/include" "$name/lib"
    mv "$name/bin/valgrind" "$name/libexec/valgrind/valgrind-launcher"
    cp "$package/valgrind.sh" "$name/bin/valgrind"
    sed -e 's/@version@/${version}/g' -e 's/@target@/${target}/g' -e 's/@darwinVersion@/${darwinVersion}/g' \
      "$package/README" > "$name/README"
    find "$name" -type d -exec chmod 755 {} +
    find "$name" -type f -perm -100 -exec chmod 755 {} +
    find "$name" -type f ! -perm -100 -exec chmod 644 {} +
    chmod 755 "$name/bin/valgrind"
    mkdir -p "$out/nix-support"
    # In a fixed order, without owners and dates.
    tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -9n > "$out/$name.tar.gz"
    # For Hydra, to offer it for download.
    echo "file binary-dist $out/$name.tar.gz" > "$out/nix-support/hydra-build-products"
  '';

  meta.description = "Valgrind for macOS (${target}), as an archive";
}
