# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
words "$needs"
overlay "${words[@]}"
if [ ${#words[@]} = 0 ]; then
  # The snapshot of the program's own start is made where the program is linked.
  python3 configure.py --dest-os=linux "--dest-cpu=$cpu" --prefix=/ --fully-static --without-intl --without-npm \
    --without-corepack --without-node-snapshot
  # Programs read it as `process.config`.
  if grep -n "$NIX_STORE" config.gypi; then
    echo 'error: config.gypi names the places of the build' >&2
    exit 1
  fi
fi
