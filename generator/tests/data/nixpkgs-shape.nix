# A package set with the shape of nixpkgs and nothing in it: stand-ins for the functions and tools that a recipe may
# count on, stricter than the real ones. What a recipe names here beyond nixpkgs' documentation fails.
{ system }:
let
  inherit (builtins)
    all
    attrNames
    concatStringsSep
    elem
    filter
    functionArgs
    head
    intersectAttrs
    isAttrs
    isBool
    isList
    isPath
    isString
    listToAttrs
    match
    removeAttrs
    ;

  isDarwin = match ".*-darwin" system != null;
  platform = {
    inherit system isDarwin;
    isLinux = !isDarwin;
    # As lib.systems spells them: Apple's name of the processor on macOS.
    config =
      {
        aarch64-darwin = "arm64-apple-darwin";
        x86_64-darwin = "x86_64-apple-darwin";
        aarch64-linux = "aarch64-unknown-linux-gnu";
        x86_64-linux = "x86_64-unknown-linux-gnu";
      }
      .${system};
  };

  isDerivation = value: isAttrs value && (value.type or null) == "derivation";
  isText = value: isString value || isPath value || isDerivation value;
  texts = value: isList value && all isText value;
  derivations = value: isList value && all isDerivation value;
  lines = isString;
  flag = isBool;

  phases = [
    "unpack"
    "patch"
    "configure"
    "build"
    "check"
    "install"
    "fixup"
    "installCheck"
    "dist"
  ];
  hooks = listToAttrs (
    map
      (name: {
        inherit name;
        value = lines;
      })
      (
        map (phase: "${phase}Phase") phases
        ++ map (phase: "pre${capital phase}") phases
        ++ map (phase: "post${capital phase}") phases
      )
  );
  capital =
    word:
    {
      unpack = "Unpack";
      patch = "Patch";
      configure = "Configure";
      build = "Build";
      check = "Check";
      install = "Install";
      fixup = "Fixup";
      installCheck = "InstallCheck";
      dist = "Dist";
    }
    .${word};

  # The attributes that stdenv's chapter in the nixpkgs manual describes, as far as they have a meaning of their own.
  documented = hooks // {
    pname = isString;
    version = isString;
    name = isString;
    src = isText;
    srcs = texts;
    sourceRoot = isString;
    setSourceRoot = lines;
    patches = texts;
    outputs = texts;
    phases = texts;
    shellHook = lines;
    builder = isText;
    args = texts;
    passthru = isAttrs;
    env = isAttrs;
    meta =
      meta:
      all (
        name:
        elem name [
          "description"
          "longDescription"
          "homepage"
          "license"
          "mainProgram"
          "platforms"
          "badPlatforms"
          "broken"
        ]
      ) (attrNames meta);

    nativeBuildInputs = derivations;
    buildInputs = derivations;
    depsBuildBuild = derivations;
    propagatedBuildInputs = derivations;
    propagatedNativeBuildInputs = derivations;
    nativeCheckInputs = derivations;
    checkInputs = derivations;

    configureScript = isString;
    configureFlags = texts;
    configurePlatforms = texts;
    prefixKey = isString;
    makefile = isString;
    makeFlags = texts;
    buildFlags = texts;
    checkTarget = isString;
    checkFlags = texts;
    installTargets = texts;
    installFlags = texts;
    stripAllList = texts;
    stripDebugList = texts;
    stripExclude = texts;

    dontUnpack = flag;
    dontPatch = flag;
    dontConfigure = flag;
    dontBuild = flag;
    dontInstall = flag;
    dontFixup = flag;
    dontStrip = flag;
    dontPatchELF = flag;
    dontPatchShebangs = flag;
    dontAddPrefix = flag;
    dontAddDisableDepTrack = flag;
    dontDisableStatic = flag;
    setOutputFlags = flag;
    dontFixLibtool = flag;
    dontMoveSbin = flag;
    doCheck = flag;
    doInstallCheck = flag;
    strictDeps = flag;
    enableParallelBuilding = flag;
    enableParallelChecking = flag;
    enableParallelInstalling = flag;
    separateDebugInfo = flag;
    preferLocalBuild = flag;
    # What releaseTools.aggregate sets.
    _hydraAggregate = flag;
    allowSubstitutes = flag;

    # Nix's own, which the manual of Nix describes.
    allowedReferences = texts;
    allowedRequisites = texts;
    disallowedReferences = texts;
    disallowedRequisites = texts;
    impureEnvVars = texts;
    passAsFile = texts;

    hardeningDisable = all (
      name:
      elem name [
        "all"
        "bindnow"
        "format"
        "fortify"
        "fortify3"
        "pic"
        "pie"
        "relro"
        "stackprotector"
        "strictoverflow"
        "zerocallusedregs"
      ]
    );
  };

  # Everything else reaches the builder as a variable. Two words in one name are a documented attribute, misspelt,
  # unless it is one of these.
  variables = [
    "baseFiles"
    "baseSdk"
    "clangLib"
    "commandLine"
    "compilerFlags"
    "compilerRt"
    "cxxDefault"
    "deviceTrees"
    "firmwareFlag"
    "hostCFlags"
    "hostIncludes"
    "hostLd"
    "hostLdFlags"
    "hostLibraries"
    "kernelPlace"
    "libcxxStub"
    "linkerScript"
    "loaderPlace"
    "machRoutines"
    "makeArch"
    "nativeCmake"
    "notBuilt"
    "pkgConfig"
    "pkgConfigScript"
    "programCompiler"
    "sourceArch"
    "staticMacho"
    "systemStubs"
    "targetFile"
    "targetVariable"
  ];
  isVariable =
    name: value:
    (match "[a-z]+|[A-Z][A-Z0-9_]*" name != null || elem name variables)
    && (isText value || isBool value || texts value);

  mkDerivation =
    args:
    let
      wrong = filter (
        name:
        if documented ? ${name} then !(documented.${name} args.${name}) else !(isVariable name args.${name})
      ) (attrNames args);
      name = args.name or "${args.pname}-${args.version}";
    in
    if wrong != [ ] then
      throw "${name}: stdenv.mkDerivation has no such ${concatStringsSep ", " wrong}, or another type for it; a variable of the builder has lower-case letters only, or stands in `variables` here"
    # With several outputs, its hook adds --includedir and others to every configure: a recipe says whether it wants
    # them.
    else if (args.outputs or [ "out" ]) != [ "out" ] && !(args ? setOutputFlags) then
      throw "${name}: several outputs and no setOutputFlags"
    else if !(args ? src || args ? srcs || args.dontUnpack or false || args ? phases) then
      throw "${name}: there is nothing to unpack"
    else
      derivation (
        {
          inherit name system;
          builder = "${tool "bash"}/bin/bash";
          # What the builder takes its setup from.
          stdenv = tool "stdenv";
        }
        // removeAttrs args [
          "passthru"
          "meta"
        ]
      )
      // (args.passthru or { })
      // {
        meta = args.meta or { };
      };

  # pkgs/build-support/mkshell: programs to have at hand, and what mkDerivation takes; there is nothing to unpack.
  mkShellNoCC =
    {
      packages ? [ ],
      ...
    }@args:
    mkDerivation (
      removeAttrs args [ "packages" ]
      // {
        nativeBuildInputs = packages;
        phases = [ "buildPhase" ];
      }
    );

  # Those of pkgs/build-support/fetchurl/mirrors.nix that hold sources of toolchains.
  mirrors = [
    "debian"
    "gcc"
    "gnu"
    "kernel"
    "pypi"
    "savannah"
    "sourceforge"
    "ubuntu"
  ];
  reachable =
    url:
    let
      mirror = match "mirror://([^/]+)/.+" url;
    in
    if mirror == null then match "(https?|ftp|file)://.+" url != null else elem (head mirror) mirrors;

  fetchurl =
    {
      name,
      urls,
      hash,
    }:
    if !(all reachable urls) || urls == [ ] then
      throw "${name}: nixpkgs' fetchurl does not know an address of ${concatStringsSep " " urls}"
    else if match "sha256-[A-Za-z0-9+/]{43}=" hash == null then
      throw "${name}: ${hash} is no hash"
    else
      derivation {
        inherit name system urls;
        builder = "${tool "curl"}/bin/curl";
        outputHashMode = "flat";
        outputHashAlgo = "sha256";
        outputHash = hash;
      };

  fetchzip =
    {
      name,
      urls,
      hash,
    }:
    if !(all reachable urls) || urls == [ ] then
      throw "${name}: nixpkgs' fetchzip does not know an address of ${concatStringsSep " " urls}"
    else if match "sha256-[A-Za-z0-9+/]{43}=" hash == null then
      throw "${name}: ${hash} is no hash"
    else
      derivation {
        inherit name system urls;
        builder = "${tool "curl"}/bin/curl";
        outputHashMode = "recursive";
        outputHashAlgo = "sha256";
        outputHash = hash;
      };

  tool =
    name:
    derivation {
      inherit name system;
      builder = "/bin/sh";
    };

  tools = listToAttrs (
    map
      (name: {
        inherit name;
        value = tool name;
      })
      (
        [
          "autoconf"
          "automake"
          "bash"
          "bison"
          "bzip2"
          "bc"
          "cmake"
          "coreutils"
          "cpio"
          "dejagnu"
          "diffutils"
          "file"
          "findutils"
          "flex"
          "gawk"
          "gnugrep"
          "gnumake"
          "gnused"
          "gnutar"
          "gmp"
          "m4"
          "mpfr"
          "libmpc"
          "libtool"
          "libuuid"
          "libxml2"
          "meson"
          "ncurses"
          "ninja"
          "openssl"
          "patchelf"
          "perl"
          "pkg-config"
          "python3"
          "qemu"
          "rustc"
          "texinfo"
          "unzip"
          "xz"
          "zlib"
          "zstd"
        ]
        # Programs of Linux run under it on Linux alone.
        ++ (
          if isDarwin then
            [ ]
          else
            [
              "elfutils"
              "kmod"
              "qemu-user"
            ]
        )
      )
  );

  set = tools // {
    inherit
      fetchurl
      fetchzip
      mkShellNoCC
      callPackage
      ;
    llvmPackages_19 = {
      clang = tool "clang-wrapper";
      clang-unwrapped = tool "clang" // {
        lib = tool "clang-lib";
      };
      lld = tool "lld";
      llvm = tool "llvm";
    };
    stdenv = {
      inherit mkDerivation;
      buildPlatform = platform;
      hostPlatform = platform;
      targetPlatform = platform;
      cc = tool "cc";
      shell = "${tool "bash"}/bin/bash";
    };
  };

  callPackage =
    recipe: args:
    let
      function = if builtins.isFunction recipe then recipe else import recipe;
      formals = functionArgs function;
      given = intersectAttrs formals set // args;
      missing = filter (name: !formals.${name} && !(given ? ${name})) (attrNames formals);
      unknown = filter (name: !(formals ? ${name})) (attrNames args);
    in
    if missing != [ ] then
      throw "${toString recipe}: nixpkgs has no ${concatStringsSep ", " missing}"
    else if unknown != [ ] then
      throw "${toString recipe} takes no ${concatStringsSep ", " unknown}"
    else
      function given;
in
set
