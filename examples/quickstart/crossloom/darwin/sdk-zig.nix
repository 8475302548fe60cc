# A macOS SDK of open parts alone: Apple's open-source headers and the list of what libSystem exports, as the Zig
# project ships them, and headers of crossloom's own for what low-level programs read beside them. No frameworks, no
# Objective-C, no .defs.
{
  stdenv,
  unzip,
  src,
  version,
}:
stdenv.mkDerivation {
  pname = "macos-sdk-zig";
  inherit version src;
  compat = ./include;

  nativeBuildInputs = [ unzip ];

  unpackPhase = ''
    mkdir source
    unzip -q "$src" 'ziglang/lib/libc/include/any-[dm]a*' 'ziglang/lib/libc/darwin/*' 'ziglang/LICENSE*' -d source
    sourceRoot=source/ziglang
  '';

  dontConfigure = true;
  dontBuild = true;
  dontFixup = true;
  installPhase = ''
    mkdir -p "$out/usr/include" "$out/usr/lib"
    # Zig calls them any-macos-any, and from 0.16 on any-darwin-any.
    cp -r lib/libc/include/any-[dm]a*/. "$out/usr/include/"
    # Only what the SDK lacks: its own headers always win.
    cd "$compat"
    find . -name '*.h' | sort | while read -r header; do
      if [ ! -e "$out/usr/include/$header" ]; then
        mkdir -p "$out/usr/include/''${header%/*}"
        cp "$header" "$out/usr/include/$header"
      fi
    done
    cd "$OLDPWD"
    cp lib/libc/darwin/libSystem.tbd "$out/usr/lib/"
    # The names under which libSystem's parts are linked.
    for name in System.B c dl m pthread info dbm poll proc rpcsvc util; do
      ln -s libSystem.tbd "$out/usr/lib/lib$name.tbd"
    done
    # Zig's own file lacks what clang asks of it.
    sdk=$(sed -n -E 's/.*"MinimalDisplayName" *: *"([0-9.]+)".*/\1/p' lib/libc/darwin/SDKSettings.json)
    [ -n "$sdk" ] || { echo "the wheel does not say which SDK its headers are of" >&2; exit 1; }
    printf '{"CanonicalName":"macosx%s","DisplayName":"macOS %s","MaximumDeploymentTarget":"%s.99","Version":"%s"}\n' \
      "$sdk" "$sdk" "$sdk" "$sdk" > "$out/SDKSettings.json"
    if ls LICENSE* >/dev/null 2>&1; then cp LICENSE* "$out/"; fi
  '';

  meta.description = "Open headers and libSystem of macOS, from the Zig project";
}
