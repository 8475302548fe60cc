# The initramfs of a system: the runtime, the first process and its library, and the user's files. `manifest.tsv` says for
# each file where it comes from.
{
  stdenv,
  # The root's name in the matrix.
  name,
  runtime,
  # The kernel's own program writes the archive.
  linux,
  # Folders: /app and /home.
  app ? "",
  # What is in /app/node_modules.
  packages ? "",
  home ? "",
  # Files of both that are not text, as base 64: a folder with app and home.
  base64 ? "",
}:
stdenv.mkDerivation {
  pname = "initramfs-${name}";
  version = "0";
  inherit
    runtime
    app
    packages
    home
    ;
  encoded = base64;
  inherit (runtime) origin licence;
  host = name;
  writer = "${linux.kdir}/usr/gen_init_cpio";
  # A runtime has its own part of the first process, and a library in its own dialect of JavaScript.
  init = runtime.init or ./init.js;
  shared = ./first-process.mjs;
  library = runtime.library or ./lib;

  phases = [ "installPhase" ];
  installPhase = builtins.replaceStrings [ "bin/qjs" ] [ "bin/${runtime.program or "qjs"}" ] (
    builtins.readFile ./licence.sh + builtins.readFile ./initramfs.sh
  );

  passthru = {
    inherit runtime;
    root = name;
  };
  meta.description = "Initramfs with the files of ${name}";
}
