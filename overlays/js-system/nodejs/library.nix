# A library that Node.js is linked with: compiled for a musl target as a static archive. What it installs is laid over Node.js'
# source as a part of its build is.
{
  stdenv,
  perl,
  # The library, after which its script in the folder `libraries` is named; the version of its source; and the source.
  name,
  version,
  src,
  # The triple, and a toolchain for it.
  target,
  toolchain,
}:
stdenv.mkDerivation {
  pname = "nodejs-${name}-${target}";
  inherit version src target;
  nativeBuildInputs = [ toolchain ] ++ (if name == "openssl" then [ perl ] else [ ]);
  makefile = ./libraries/library.mk;

  # Sources of crates and of Python's packages are archives, too, by other names.
  unpackPhase = ''
    mkdir source
    tar -xf "$src" -C source --strip-components=1 --no-same-owner
    sourceRoot=source
  '';
  dontConfigure = true;
  buildPhase =
    builtins.readFile ./libraries/library.sh + builtins.readFile (./libraries + "/${name}.sh");
  dontInstall = true;
  dontStrip = true;
  dontFixup = true;
  disallowedReferences = [ toolchain ];

  meta.description = "${name} for Node.js for ${target}";
}
