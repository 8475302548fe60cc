# shellcheck shell=bash
# Apple's xcrun, as far as build systems ask it: the SDK's place and version, where a tool is, or to run one.
set -eu
sdk=${SDKROOT:-@sdk@}

version() {
  sed -n -E 's/.*"Version" *: *"([^"]*)".*/\1/p' "$sdk/SDKSettings.json" | head -n 1
}

find_tool() {
  local name=$1
  if [ -x "@out@/bin/@target@-$name" ]; then
    echo "@out@/bin/@target@-$name"
  elif [ -x "@out@/bin/$name" ]; then
    echo "@out@/bin/$name"
  else
    echo "xcrun: error: unable to find utility \"$name\", not a developer tool or in PATH" >&2
    exit 72
  fi
}

action=run
while [ $# -gt 0 ]; do
  case $1 in
  -sdk | --sdk)
    case ${2:?xcrun: --sdk takes a name} in
    macosx*) ;;
    /*) sdk=$2 ;;
    *)
      echo "xcrun: error: SDK \"$2\" cannot be located" >&2
      exit 1
      ;;
    esac
    shift
    ;;
  -toolchain | --toolchain) shift ;;
  -show-sdk-path | --show-sdk-path) action=path ;;
  -show-sdk-version | --show-sdk-version) action=version ;;
  -show-sdk-platform-path | --show-sdk-platform-path) action=platform ;;
  -show-toolchain-path | --show-toolchain-path) action=toolchain ;;
  -show-sdk-platform-version | --show-sdk-platform-version) action=version ;;
  -f | -find | --find) action="find" ;;
  -r | -run | --run) action=run ;;
  -l | -log | --log | -v | -verbose | --verbose | -n | -no-cache | --no-cache | -k | -kill-cache | --kill-cache) ;;
  -version | --version) echo "xcrun version 70."; exit ;;
  -*)
    echo "xcrun: error: unknown option $1" >&2
    exit 64
    ;;
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
find) find_tool "${1:?xcrun: --find takes the name of a tool}" ;;
run)
  tool=$(find_tool "${1:?xcrun: which tool?}")
  shift
  exec "$tool" "$@"
  ;;
esac
