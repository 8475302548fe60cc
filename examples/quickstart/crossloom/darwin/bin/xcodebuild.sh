# shellcheck shell=bash
# Apple's xcodebuild, as far as configure scripts ask it. It builds no projects.
set -eu
action='' sdk='' key=''
while [ $# -gt 0 ]; do
  case $1 in
  -version | -showsdks) action=$1 ;;
  -sdk)
    sdk=${2:-macosx}
    if [ $# -gt 1 ]; then shift; fi
    ;;
  -*)
    action=''
    break
    ;;
  *) key=$1 ;;
  esac
  shift
done
# ask WORD: what xcrun says of the SDK.
ask() { "@out@/bin/xcrun" --sdk "${sdk:-macosx}" "--show-sdk-$1"; }
case $action in
-version)
  if [ -z "$sdk" ]; then
    printf 'Xcode 16.4\nBuild version 16F6\n'
    exit
  fi
  # -version -sdk NAME [KEY]: one value, or all of them with their names.
  case $key in
  Path) ask path ;;
  SDKVersion | ProductVersion) ask version ;;
  ProductBuildVersion) ask build-version ;;
  '')
    path=$(ask path) version=$(ask version)
    printf 'Path: %s\nSDKVersion: %s\n' "$path" "$version"
    ;;
  *)
    echo "xcodebuild: error: $key is not known of this SDK" >&2
    exit 64
    ;;
  esac
  ;;
-showsdks)
  version=$(ask version)
  printf 'macOS SDKs:\n\tmacOS %s\t-sdk macosx%s\n' "$version" "$version"
  ;;
*)
  echo "xcodebuild: error: there is no Xcode here; only -version and -showsdks are answered" >&2
  exit 64
  ;;
esac
