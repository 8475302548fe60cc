# shellcheck shell=bash
# Apple's xcodebuild, as far as configure scripts ask it. It builds no projects.
set -eu
case ${1:-} in
-version)
  if [ "${2:-}" = -sdk ]; then
    SDKROOT=${SDKROOT:-@sdk@}
    echo "Path: $SDKROOT"
    echo "SDKVersion: $("@out@/bin/xcrun" --show-sdk-version)"
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
