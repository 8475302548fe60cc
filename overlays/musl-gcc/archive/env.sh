# shellcheck shell=sh
# Sourced: the toolchain's programs on PATH, and the variables that build tools read about @target@.
#   . /where/it/is/env.sh
# bash and zsh tell where it is. For another shell, set CROSSLOOM_TOOLCHAIN to this folder before.
if [ -n "${BASH_VERSION:-}" ]; then
  # shellcheck disable=SC3028,SC3054 # of bash alone
  eval '_crossloom=${BASH_SOURCE[0]}'
elif [ -n "${ZSH_VERSION:-}" ]; then
  eval '_crossloom=${(%):-%x}'
else
  _crossloom=${CROSSLOOM_TOOLCHAIN:-.}/env.sh
fi
_crossloom=$(CDPATH="" cd -- "$(dirname -- "$_crossloom")" && pwd)
if [ ! -e "$_crossloom/bin/@target@-gcc" ]; then
  echo "env.sh: this shell cannot say where the file is; set CROSSLOOM_TOOLCHAIN to its folder, then source it again" >&2
  unset _crossloom
  return 1
fi
export CROSSLOOM_TOOLCHAIN="$_crossloom"
unset _crossloom
# The build machine's packages are none of the target's.
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR CMAKE_PREFIX_PATH
export PATH="$CROSSLOOM_TOOLCHAIN/bin:$PATH"
