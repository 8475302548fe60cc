# shellcheck shell=bash
# Meson, which reads no variable for what CMake has CMAKE_TOOLCHAIN_FILE: `meson setup` is told of the file in
# MESON_CROSS_FILE where it is told of none. Without the variable this is Meson as it is, for a build that runs here.
cross=("--cross-file=${MESON_CROSS_FILE:-}")
if [ "${1:-}" != setup ] || [ -z "${MESON_CROSS_FILE:-}" ]; then cross=(); fi
for arg; do
  case $arg in
  # An old build directory remembers what it was set up with.
  --cross-file | --cross-file=* | --reconfigure | --wipe) cross=() ;;
  esac
done
if [ "${#cross[@]}" != 0 ]; then
  shift
  set -- setup "${cross[@]}" "$@"
fi
exec "@meson@/bin/meson" "$@"
