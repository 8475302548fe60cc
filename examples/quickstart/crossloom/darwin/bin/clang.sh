# shellcheck shell=bash
# clang for one Apple target, against one SDK. SDKROOT names another SDK, as with Apple's own xcrun.
# What only a link reads stands between the two switches: an "unused argument" would fail every -Werror probe of a
# configure script, in silence.
#
# Without a deployment target of its own clang takes the SDK's version where SDKROOT names one, and not the target's.
export MACOSX_DEPLOYMENT_TARGET="${MACOSX_DEPLOYMENT_TARGET:-@minimum@}"

# -static-libc++, which clang does not know for macOS: the C++ library becomes a part of the program, and is there on every
# macOS. It may stand in a file of arguments.
library='@cxxLibrary@'
for argument; do
  case $argument in
  @*)
    if [ -f "${argument#@}" ]; then
      mapfile -d '' -t arguments < <("@staticMacho@/bin/static-macho" expand -- "$@")
      case "${arguments[*]}" in *-static-libc++* | *-static-libstdc++*) set -- "${arguments[@]}" ;; esac
      break
    fi
    ;;
  esac
done
case " $* " in
*' -static-libc++ '* | *' -static-libstdc++ '*)
  library=static
  arguments=()
  for argument; do
    case $argument in -static-libc++ | -static-libstdc++) ;; *) arguments+=("$argument") ;; esac
  done
  set -- "${arguments[@]}"
  ;;
esac
static=()
if [ "$library" = static ]; then
  static=(-D_LIBCPP_DISABLE_AVAILABILITY -stdlib++-isystem "@libcxx@/include/c++/v1" "-L@libcxx@/lib")
fi
exec "@clang@/bin/@driver@" --target=@target@ -isysroot "${SDKROOT:-@sdk@}" -resource-dir "@resources@" \
  --start-no-unused-arguments @link@ "${static[@]}" --end-no-unused-arguments "$@"
