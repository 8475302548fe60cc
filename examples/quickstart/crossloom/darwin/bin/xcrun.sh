# shellcheck shell=bash
# Apple's xcrun, as far as build systems ask it: the SDK's place and version, where a tool is, or to run one.
set -eu
sdk=${SDKROOT:-@sdk@}

# fail CODE WORDS
fail() {
  echo "xcrun: error: $2" >&2
  exit "$1"
}

# value FILE KEY: a text of a property list.
value() { tr -d '\n\r\t' <"$1" | sed -n -E "s|.*<key>$2</key> *<string>([^<]*)</string>.*|\\1|p"; }

version() {
  local version=""
  if [ -e "$sdk/SDKSettings.json" ]; then
    version=$(sed -n -E 's/.*"Version" *: *"([^"]*)".*/\1/p' "$sdk/SDKSettings.json" | head -n 1)
  elif [ -e "$sdk/SDKSettings.plist" ]; then
    version=$(value "$sdk/SDKSettings.plist" Version)
  fi
  [ -n "$version" ] || fail 1 "the SDK $sdk does not say its version"
  echo "$version"
}

# The build of macOS that the SDK names; if it names none, the target's.
build_version() {
  local build="" file=$sdk/System/Library/CoreServices/SystemVersion.plist
  if [ -e "$file" ]; then build=$(value "$file" ProductBuildVersion); fi
  echo "${build:-@build@}"
}

find_tool() {
  local name=$1
  if [ -x "@out@/bin/@target@-$name" ]; then
    echo "@out@/bin/@target@-$name"
  elif [ -x "@out@/bin/$name" ]; then
    echo "@out@/bin/$name"
  else
    fail 72 "unable to find utility \"$name\", not a developer tool or in PATH"
  fi
}

action=run
while [ $# -gt 0 ]; do
  case $1 in
  -sdk | --sdk)
    case ${2:-} in
    macosx*) ;;
    # The tool that is run takes it, too.
    /*) sdk=$2 && export SDKROOT=$2 ;;
    *) fail 1 "SDK \"${2:-}\" cannot be located" ;;
    esac
    shift
    ;;
  -toolchain | --toolchain) shift ;;
  -show-sdk-path | --show-sdk-path) action=path ;;
  -show-sdk-version | --show-sdk-version) action=version ;;
  -show-sdk-build-version | --show-sdk-build-version) action=build ;;
  -show-sdk-platform-path | --show-sdk-platform-path) action=platform ;;
  -show-toolchain-path | --show-toolchain-path) action=toolchain ;;
  -show-sdk-platform-version | --show-sdk-platform-version) action=version ;;
  -f | -find | --find) action="find" ;;
  -r | -run | --run) action=run ;;
  -l | -log | --log | -v | -verbose | --verbose | -n | -no-cache | --no-cache | -k | -kill-cache | --kill-cache) ;;
  -version | --version) echo "xcrun version 70."; exit ;;
  -*) fail 64 "unknown option $1" ;;
  *) break ;;
  esac
  shift
done

case $action in
path) echo "$sdk" ;;
# There is no platform around it: what is looked for below one is below the SDK.
platform) echo "$sdk" ;;
toolchain) echo "@out@" ;;
version) version ;;
build) build_version ;;
find)
  [ $# -gt 0 ] || fail 64 "--find takes the name of a tool"
  find_tool "$1"
  ;;
run)
  [ $# -gt 0 ] || fail 64 "no tool is named"
  tool=$(find_tool "$1")
  shift
  exec "$tool" "$@"
  ;;
esac
