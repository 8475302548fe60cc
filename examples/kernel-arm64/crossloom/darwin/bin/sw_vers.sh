# shellcheck shell=bash
# The macOS that programs are built for.
set -eu
name() { echo macOS; }
version() { echo "@minimum@"; }
build() { echo "@build@"; }
case ${1:-} in
-productName | --productName) name ;;
-productVersion | --productVersion) version ;;
-buildVersion | --buildVersion) build ;;
'')
  printf 'ProductName:\t\t%s\nProductVersion:\t\t%s\nBuildVersion:\t\t%s\n' "$(name)" "$(version)" "$(build)"
  ;;
*)
  echo "sw_vers: unknown option $1" >&2
  exit 64
  ;;
esac
