# shellcheck shell=bash
# clang for one Apple target, against one SDK. SDKROOT names another SDK, as with Apple's own xcrun.
# What only a link reads stands between the two switches: an "unused argument" would fail every -Werror probe of a
# configure script, in silence.
#
# Without a deployment target of its own clang takes the SDK's version where SDKROOT names one, and not the target's.
export MACOSX_DEPLOYMENT_TARGET="${MACOSX_DEPLOYMENT_TARGET:-@minimum@}"
exec "@clang@/bin/@driver@" --target=@target@ -isysroot "${SDKROOT:-@sdk@}" -resource-dir "@resources@" \
  --start-no-unused-arguments @link@ --end-no-unused-arguments "$@"
