# shellcheck shell=bash
# Apple's xcode-select, as far as build systems ask it: where the tools are.
case ${1:-} in
-p | -print-path | --print-path) echo "@out@" ;;
-v | -version | --version) echo "xcode-select version 2409." ;;
*)
  echo "xcode-select: error: there is no Xcode here; only -p and -v are answered" >&2
  exit 64
  ;;
esac
