# The seed: pinned Debian packages, unpacked and relocated, as a nixpkgs-shaped scope. It stands on nothing but
# Nix's own builders and one static busybox, whose bits come out of its pinned package.
{
  # A seed lock, as `crossloom seed lock` writes it.
  lock,
}:
let
  inherit (lock) system;
  fetchurl = import ./fetchurl.nix;
  fetchzip = import ./fetchzip.nix;

  # Debian's name for the place of libraries, and the build machine's GNU triple.
  multiarch =
    {
      x86_64-linux = "x86_64-linux-gnu";
      aarch64-linux = "aarch64-linux-gnu";
    }
    .${system};
  triple =
    {
      x86_64-linux = "x86_64-pc-linux-gnu";
      aarch64-linux = "aarch64-unknown-linux-gnu";
    }
    .${system};

  # `~` and `:` stand in Debian's versions and can't in a store path's name.
  fetchDeb =
    package:
    fetchurl {
      name = "${package.name}_${builtins.replaceStrings [ "~" ":" ] [ "_" "_" ] package.version}.deb";
      urls = [ "mirror://debian/${package.path}" ];
      hash = package.sha256;
    };

  # Put into the store by `crossloom fetch`, which takes it out of its pinned package and checks this hash.
  busybox = derivation {
    name = "busybox-static";
    system = "builtin";
    builder = "builtin:fetchurl";
    url = "mirror://only/run-crossloom-fetch-first";
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    outputHash = lock.busybox.nar;
    preferLocalBuild = true;
    unpack = false;
    executable = false;
  };

  bootstrap = select: map fetchDeb (builtins.filter (package: select package.name) lock.bootstrap);
  packages = select: map fetchDeb (builtins.filter select lock.packages);

  unpack =
    args:
    derivation (
      {
        inherit system busybox multiarch;
        loader = bootstrap (name: name != "busybox-static");
        outputs = [ "out" ];
        builder = "${busybox}/bin/busybox";
        args = [
          "sh"
          ./unpack.sh
        ];
      }
      // args
    );

  # The libraries that programs need when they run: a few megabytes, so that outputs need not keep the whole seed.
  runtime = unpack {
    name = "seed-${lock.suite}-runtime";
    runtime = "";
    bases = [ ];
    debs = packages (
      package:
      builtins.elem package.name [
        "libc6"
        "libgcc-s1"
        "libstdc++6"
      ]
    );
  };

  # The C and C++ environment.
  tree = unpack {
    name = "seed-${lock.suite}";
    inherit runtime;
    bases = [ ];
    debs =
      packages (package: builtins.elem "base" package.tiers) ++ bootstrap (name: name == "patchelf");
  };

  # The other contents of a tier.
  tier =
    name:
    unpack {
      name = "seed-${lock.suite}-${name}";
      inherit runtime;
      bases = [ tree ];
      debs = packages (package: builtins.elem name package.tiers);
    };

  mkDerivation =
    args:
    derivation (
      {
        inherit system busybox;
        name = args.name or "${args.pname}-${args.version}";
        outputs = [ "out" ];
        builder = "${tree}/bin/bash";
        args = [
          "-e"
          ./stdenv/builder.sh
        ];
        seed = tree;
        # A separate folder, because an edit elsewhere must not rebuild packages that were built with it.
        stdenv = ./stdenv;
      }
      // builtins.removeAttrs args [
        "meta"
        "passthru"
        "strictDeps"
      ]
    )
    // {
      meta = args.meta or { };
    }
    // args.passthru or { };

  # A shell is entered, not built; that it can be built spares `nix flake check` an exception.
  mkShellNoCC =
    args:
    mkDerivation (
      {
        phases = [ "installPhase" ];
        installPhase = ''mkdir "$out"'';
        nativeBuildInputs = args.packages;
        stdenv = ./shell;
        buildEnvironment = ./stdenv;
      }
      // builtins.removeAttrs args [ "packages" ]
    );

  platform = {
    inherit system;
    config = triple;
    isLinux = true;
    isDarwin = false;
  };

  # One tree holds every tool, so each of nixpkgs' names for one of them is that tree.
  tools = builtins.listToAttrs (
    map
      (name: {
        inherit name;
        value = tree;
      })
      [
        "bash"
        "binutils"
        "bison"
        "bzip2"
        "coreutils"
        "diffutils"
        "file"
        "findutils"
        "flex"
        "gawk"
        "gnumake"
        "gnugrep"
        "gnused"
        "gnutar"
        "m4"
        "patchelf"
        "perl"
        "pkg-config"
        "xz"
      ]
  );

  llvm = "${tier "llvm"}/usr/lib/llvm-19";
  buildsystems = tier "buildsystems";

  # autotools' programs are scripts with the places of their data written into them: copies that know their own.
  autotools = mkDerivation {
    name = "seed-${lock.suite}-autotools";
    inherit buildsystems;
    phases = [ "installPhase" ];
    installPhase = ''
      mkdir -p "$out/bin" "$out/share"
      cp -rL "$buildsystems"/usr/share/{autoconf,aclocal*,automake-*,libtool} "$out/share/"
      for name in autoconf autoheader autom4te autoreconf autoscan autoupdate ifnames libtoolize; do
        cp -L "$buildsystems/usr/bin/$name" "$out/bin/"
      done
      # The alternatives system names these without their version.
      for name in automake aclocal; do cp "$buildsystems"/usr/bin/$name-* "$out/bin/$name"; done
      chmod -R u+w "$out"
      grep -rlI -e /usr/share -e /usr/bin/ "$out" | while read -r file; do
        sed -i -E -e "s#/usr/share#$out/share#g" -e "s#/usr/bin/m4#$seed/bin/m4#g" \
          -e "s#/usr/bin/(auto[a-z0-9]+|aclocal|libtoolize)#$out/bin/\1#g" "$file"
      done
      sed -i -E "s#([\"' ])/bin/(sed|grep)#\1$seed/bin/\2#g" "$out/bin/libtoolize"
    '';
  };

  # DejaGnu is a script for expect, which looks for Tcl's own scripts where Debian has them. /bin/stty, which it starts for
  # each terminal, is in no sandbox: the one of PATH takes its place.
  dejagnu = mkDerivation {
    name = "seed-${lock.suite}-dejagnu";
    inherit multiarch;
    testsuite = tier "testsuite";
    phases = [ "installPhase" ];
    installPhase = ''
      mkdir -p "$out/bin" "$out/lib" "$out/libexec"
      cp "$testsuite/usr/bin/expect" "$out/libexec/"
      cp "$testsuite/usr/lib/$multiarch"/libexpect.so.* "$out/lib/"
      chmod -R u+w "$out"
      patchelf --set-rpath "$out/lib:$(patchelf --print-rpath "$out/libexec/expect")" "$out/libexec/expect"
      sed -i 's#/bin/stty#stty     #g' "$out"/lib/*
      grep -q 'stty     ' "$out"/lib/*
      cat > "$out/bin/runtest" <<END
      #!$seed/bin/bash
      export TCL_LIBRARY=$testsuite/usr/share/tcltk/tcl8.6
      exec $out/libexec/expect -- $testsuite/usr/share/dejagnu/runtest.exp "\$@"
      END
      chmod +x "$out/bin/runtest"
    '';
  };

  # Libraries to link with, where a build input has them. Debian's own places are written into what describes them, and
  # what programs need when they run is here without the tier.
  librariesOf =
    name: tree: more:
    mkDerivation {
      inherit name multiarch runtime;
      libraries = tree;
      phases = [ "installPhase" ];
      installPhase = installLibraries + more;
    };
  libraries = librariesOf "seed-${lock.suite}-libraries" (tier "osxcross") ''
    describe "$libraries/usr/bin/xml2-config" > "$out/bin/xml2-config"
    chmod +x "$out/bin/xml2-config"
  '';
  kernel = tier "kernel";
  # libelf, which objtool reads objects with.
  kernelLibraries = librariesOf "seed-${lock.suite}-kernel-libraries" kernel "";
  installLibraries = ''
    mkdir -p "$out/bin" "$out/include" "$out/lib/pkgconfig"
    # Headers that say what processor they are for stand in a directory of their own, by the names of the others.
    cp -r --no-preserve=mode "$libraries"/usr/include/. "$out/include/"
    cp -r --no-preserve=mode "$libraries/usr/include/$multiarch"/. "$out/include/"
    rm -r "''${out:?}/include/$multiarch"
    cp -P --no-preserve=mode "$libraries/usr/lib/$multiarch"/lib*.{a,so*} "$out/lib/"
    # The base holds the shared half of some, and what others need in turn: they come along.
    places=$out/lib:$runtime/usr/lib/$multiarch
    settle() {
      local needed
      patchelf --set-rpath "$places" "$1"
      for needed in $(patchelf --print-needed "$1"); do bring "$needed"; done
    }
    bring() {
      if [ -e "$out/lib/$1" ] || [ -e "$runtime/usr/lib/$multiarch/$1" ]; then return; fi
      cp -L --no-preserve=mode "$seed/usr/lib/$multiarch/$1" "$out/lib/$1"
      settle "$out/lib/$1"
    }
    for file in $(find "$out/lib" -name 'lib*.so.*' -type f | sort); do settle "$file"; done
    for archive in "$out"/lib/lib*.a; do
      name=''${archive##*/} name=''${name%.a}
      if [ -e "$out/lib/$name.so" ]; then continue; fi
      # By the name that programs ask for, which sorts first.
      for shared in "$seed/usr/lib/$multiarch/$name".so.*; do
        bring "''${shared##*/}"
        ln -s "''${shared##*/}" "$out/lib/$name.so"
        break
      done
    done
    describe() {
      sed -E -e "s#/usr/lib/$multiarch#$out/lib#g" -e "s#/usr/include#$out/include#g" -e "s#=/usr\$#=$out#" "$1"
    }
    for file in "$libraries/usr/lib/$multiarch"/pkgconfig/*.pc; do
      describe "$file" | sed -e 's#^libdir=.*#libdir=''${exec_prefix}/lib#' > "$out/lib/pkgconfig/''${file##*/}"
    done
  '';

  # busybox under one of its names.
  applet =
    name:
    mkDerivation {
      name = "seed-${name}";
      phases = [ "installPhase" ];
      installPhase = ''mkdir -p "$out/bin" && ln -s "$busybox/bin/busybox" "$out/bin/${name}"'';
    };

  scope = tools // {
    inherit
      busybox
      fetchurl
      fetchzip
      mkShellNoCC
      runtime
      tree
      ;
    qemu-user = tier "emulator";
    llvmPackages_19 = {
      clang-unwrapped = llvm;
      lld = llvm;
      inherit llvm;
    };
    qemu = tier "machine";
    inherit dejagnu;
    python3 = tier "python";
    bc = kernel;
    cpio = kernel;
    elfutils = kernelLibraries;
    kmod = kernel;
    ncurses = kernelLibraries;
    rsync = kernel;
    zstd = kernel;
    rustc = tier "rust";
    autoconf = autotools;
    automake = autotools;
    libtool = autotools;
    cmake = buildsystems;
    meson = buildsystems;
    ninja = buildsystems;
    libuuid = libraries;
    libxml2 = libraries;
    openssl = libraries;
    zlib = libraries;
    unzip = applet "unzip";
    stdenv = {
      inherit mkDerivation;
      # Scripts find the functions of `stdenv/setup`, of which nixpkgs' has not all.
      isSeed = true;
      cc = tree;
      shell = "${tree}/bin/bash";
      buildPlatform = platform;
      hostPlatform = platform;
    };
    # As in nixpkgs: a recipe gets from the scope what it names and is not given.
    callPackage =
      recipe: args:
      let
        function = if builtins.isFunction recipe then recipe else import recipe;
      in
      function (builtins.intersectAttrs (builtins.functionArgs function) scope // args);
  };
in
scope
