# Apple's Mach interface generator for one target: mig, which reads interface definitions (.defs) of the SDK through the
# target's preprocessor and writes C.
#
# Any package with a bin/mig that takes `-I<directory> <file>.defs` can stand in its place.
{
  stdenv,
  autoconf,
  automake,
  bison,
  flex,
  src,
  version,
  target,
  # `x86_64` or `arm64`
  arch,
  # Compiler for the target: bin/<target>-clang.
  cc,
  # Root of an SDK with .defs.
  sdk,
}:
stdenv.mkDerivation {
  pname = "mig-${target}";
  inherit version src sdk;

  # As it stands in the store: what is executable stays so, and all of it is of one age, so that make takes no generated
  # file for an old one.
  unpackPhase = ''
    cp -r --preserve=mode,timestamps "$src" source
    chmod -R u+w source
    sourceRoot=source
  '';

  nativeBuildInputs = [
    autoconf
    automake
    bison
    flex
  ];

  configureFlags = [
    "--build=${stdenv.buildPlatform.config}"
    "--host=${stdenv.hostPlatform.config}"
  ];

  # Every file that it writes would say when, and so come out different each time.
  postPatch = ''
    expect() { grep -q "$1" "$2" || { echo "$2 has no line like $1: is this another mig?" >&2; exit 1; }; }
    expect 'stub generated %s", GenerationDate)' migcom.tproj/utils.c
    expect '^#!/bin/bash$' migcom.tproj/mig.sh
    expect '^/bin/rmdir ' migcom.tproj/mig.sh
    sed -i 's/stub generated %s", GenerationDate)/stub generated\\n")/' migcom.tproj/utils.c
    sed -i -e '1s|.*|#!${stdenv.shell}|' -e 's|^/bin/rmdir |rmdir |' migcom.tproj/mig.sh
  '';
  preConfigure = ''
    autoreconf --install
    # Declarations as they were written in 1987, which gcc refuses from 14 on.
    for kind in implicit-int implicit-function-declaration int-conversion incompatible-pointer-types; do
      export CFLAGS="''${CFLAGS:--O2} -Wno-error=$kind"
    done
  '';

  # mig is the script with the target filled in. It finds migcom beside itself.
  postInstall = ''
    mkdir -p "$out/libexec"
    mv "$out/bin/mig" "$out/bin/migcom" "$out/libexec/"
    cat > "$out/bin/mig" <<EOF
    #!${stdenv.shell}
    # Without these it would take the build machine's compiler and processor, and say nothing.
    export MIGCC="\''${MIGCC:-${cc}/bin/${target}-clang}"
    # mig is a shell script that reads variables which it never set, such as target and user: whatever a build exports by such a
    # name would become an argument of the preprocessor.
    clean() { exec env -i PATH="\$PATH" HOME="\''${HOME:-/}" TMPDIR="\''${TMPDIR:-/tmp}" LC_ALL=C MIGCC="\$MIGCC" "\$@"; }
    if [ "\$*" = -version ]; then clean "$out/libexec/mig" -version; fi
    clean "$out/libexec/mig" -arch ${arch} -isysroot "\''${SDKROOT:-$sdk}" "\$@"
    EOF
    chmod +x "$out/bin/mig"

    # The four interfaces that Valgrind asks for: generated, and the same again.
    for run in 1 2; do
      mkdir "$NIX_BUILD_TOP/$run"
      cd "$NIX_BUILD_TOP/$run"
      for name in mach_vm task thread_act vm_map; do
        if [ ! -e "$sdk/usr/include/mach/$name.defs" ]; then
          echo "$sdk holds no mach/$name.defs: mig = \"bootstrap-cmds\" needs an SDK with interface definitions" >&2
          exit 1
        fi
        # With what a build may have in its environment.
        env target=a user=b server=c header=d iheader=e migflags=-f "$out/bin/mig" "-I$sdk/usr/include" "$sdk/usr/include/mach/$name.defs"
        for file in "$name.h" "''${name}User.c" "''${name}Server.c"; do
          [ -s "$file" ] || { echo "mig made no $file" >&2; exit 1; }
        done
      done
    done
    diff -r "$NIX_BUILD_TOP/1" "$NIX_BUILD_TOP/2"
    # Two runs within a second say the same even where they say when.
    if grep -rnE '[0-9]{2}:[0-9]{2}:[0-9]{2}' "$NIX_BUILD_TOP/1"; then
      echo "mig wrote down when it ran" >&2
      exit 1
    fi
  '';

  meta.description = "Mach interface generator for ${target}";
}
