# The machine that GCC's and binutils' own programs run on, and how they and their libraries are built for it.
{
  stdenv,
  # Empty, or a musl toolchain for the build machine's kind of processor. Without one, programs are the build machine's. With
  # one, they are static and run on any Linux of that processor; nothing in them tells where and with what they were built.
  toolchain,
}:
if toolchain == "" then
  {
    portable = false;
    config = stdenv.hostPlatform.config;
    prefix = placeholder "out";
    mkLibrary = stdenv.mkDerivation;
    mkPrograms = stdenv.mkDerivation;
  }
else
  let
    inherit (toolchain) target;
    # A path in a program must not be one that this machine has and another one does not. Nobody has this one, so what is not
    # found relative to the program is not found at all.
    prefix = "/nonexistent";
    mkLibrary =
      attributes:
      stdenv.mkDerivation (
        attributes
        // {
          pname = "static-${attributes.pname}";
          # First on PATH: it may also be a compiler for the target in question, and is the one that is complete.
          nativeBuildInputs = [ toolchain ] ++ attributes.nativeBuildInputs or [ ];
          # Names without a path: GCC's digest of a compiler, which guards precompiled headers, is made of the command that
          # links it, too. libtool takes -static for an option of its own, and passes --static on.
          preConfigure = ''
            ${attributes.preConfigure or ""}
            export CC="${target}-gcc --static" CXX="${target}-g++ --static" AR=${target}-ar AS=${target}-as LD=${target}-ld
            export NM=${target}-nm OBJCOPY=${target}-objcopy OBJDUMP=${target}-objdump RANLIB=${target}-ranlib
            export READELF=${target}-readelf STRIP=${target}-strip STRIPPROG=${target}-strip
          '';
        }
      );
  in
  {
    portable = true;
    # With a vendor, so that no target is the same machine: GCC lays out a native compiler in another way, and has it look into
    # the machine's own folders.
    config = builtins.replaceStrings [ "-linux-" ] [ "-portable-linux-" ] target;
    inherit prefix mkLibrary;
    mkPrograms =
      attributes:
      mkLibrary (
        attributes
        // {
          inherit prefix;
          installFlags = [ "DESTDIR=${placeholder "out"}" ];
          postInstall = ''
            mv "$out${prefix}"/* "$out/"
            rmdir "$out${prefix}"
            ${attributes.postInstall}
            if grep -rlF "$NIX_STORE/" "$out"; then
              echo "error: these files name the store" >&2
              exit 1
            fi
          '';
          # They are stripped as they are installed, and have no search path.
          dontFixup = true;
        }
      );
  }
