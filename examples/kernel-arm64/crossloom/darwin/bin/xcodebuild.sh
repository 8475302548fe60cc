# shellcheck shell=bash
# Apple's xcodebuild, as far as configure scripts ask it. It builds no projects.
set -eu
case ${1:-} in
-version)
  if [ "${2:-}" = -sdk ]; then
    # -version -sdk NAME [KEY]: one value, or all of them with their names.
    name=${3:-macosx}
    path=$("@out@/bin/xcrun" --sdk "$name" --show-sdk-path)
    version=$("@out@/bin/xcrun" --sdk "$name" --show-sdk-version)
    case ${4:-} in
    Path) echo "$path" ;;
    SDKVersion | ProductVersion) echo "$version" ;;
    '') printf 'Path: %s\nSDKVersion: %s\n' "$path" "$version" ;;
    *)
      echo "xcodebuild: error: $4 is not known of this SDK" >&2
      exit 64
      ;;
    esac
  else
    printf 'Xcode 16.4\nBuild version 16F6\n'
  fi
  ;;
-showsdks) printf 'macOS SDKs:\n\tmacOS %s\t-sdk macosx%s\n' "$("@out@/bin/xcrun" --show-sdk-version)" "$("@out@/bin/xcrun" --show-sdk-version)" ;;
*)
  echo "xcodebuild: error: there is no Xcode here; only -version and -showsdks are answered" >&2
  exit 64
  ;;
esac
