# A git tree, as an archive that recipes unpack as they do that of a release.
{
  stdenv,
  autoconf,
  automake,
  libtool,
  perl,
  src,
  # Package and version, as the lock names them: `musl-1.2.6-trunk`.
  name,
  # Applied in this order.
  patches,
}:
stdenv.mkDerivation {
  name = "${name}.tar.gz";
  inherit src patches;
  tree = name;

  nativeBuildInputs = [
    autoconf
    automake
    libtool
    perl
  ];

  # What is executable stays so.
  unpackPhase = ''
    cp -r --preserve=mode,timestamps "$src" source
    chmod -R u+w source
    sourceRoot=source
  '';

  patchPhase = builtins.readFile ./apply.sh;
  # Releases hold a configure script, and repositories often only what it is made from.
  configurePhase = ''
    if [ -e configure.ac ] && [ ! -e configure ]; then
      echo "$tree has no configure script: autoreconf makes it"
      autoreconf --install
      rm -rf autom4te.cache
    fi
  '';
  dontBuild = true;
  installPhase = builtins.readFile ./pack.sh;
  dontFixup = true;

  meta.description = "${name} from git";
}
