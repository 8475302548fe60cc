# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Libraries are nodes of their own, which come with the parts that need them. V8 needs none, so it is not built again for a new
# OpenSSL.
export CPATH=$PWD/deps/libraries/include PKG_CONFIG=false
export LDFLAGS=-L$PWD/deps/libraries/lib LDFLAGS_host=-L$PWD/deps/libraries/lib
words "$needs"
overlay "${words[@]}"
if [ ! -e config.gypi ]; then
  # Libraries that are not part of the source are "shared" for it; the source names them for the linker. The snapshot of Node.js'
  # own start is left out: it would have to be the same at every build.
  switches=(--shared-gtest --shared-gtest-libname=)
  for library in ada brotli cares hdr-histogram http-parser libuv nghttp2 openssl simdjson sqlite zlib zstd; do
    switches+=("--shared-$library" "--shared-$library-libname=")
  done
  # All that it asks of OpenSSL is whether that is 3 or newer.
  mkdir -p "$NIX_BUILD_TOP/stub/openssl"
  printf '#define OPENSSL_VERSION_%s\n' 'MAJOR 3' 'MINOR 0' 'PATCH 0' >"$NIX_BUILD_TOP/stub/openssl/opensslv.h"
  : >"$NIX_BUILD_TOP/stub/openssl/crypto.h"
  CPATH=$NIX_BUILD_TOP/stub python3 configure.py --dest-os=linux "--dest-cpu=$cpu" --prefix=/ --fully-static --without-intl \
    --without-npm --without-corepack --without-node-snapshot "${switches[@]}"
  # Programs read it as `process.config`.
  if grep -n -e "$NIX_STORE" -e "$NIX_BUILD_TOP" config.gypi; then
    echo 'error: config.gypi names the places of the build' >&2
    exit 1
  fi
elif [ -d deps/libraries ]; then
  # What was not known then: the version of OpenSSL, and that no library is a shared one. Programs read it as `process.config`.
  number=$(sed -n 's/^# *define OPENSSL_VERSION_\(MAJOR\|MINOR\|PATCH\) *//p' deps/libraries/include/openssl/opensslv.h)
  # shellcheck disable=SC2086 # numbers
  number=$(printf '((%d << 28) | (%d << 20) | (%d << 4) | 15)' $number)
  sed -i -e "s/\"openssl_version\": [0-9]*/\"openssl_version\": $((number))/" \
    -e 's/\("node_shared_[a-z_0-9]*": \)"\?true"\?/\1"false"/' config.gypi
  if [ "$(grep -c "\"openssl_version\": $((number))," config.gypi)" != 1 ] || grep '"node_shared_.*true' config.gypi; then
    echo 'error: config.gypi does not describe libraries in the way that was looked for' >&2
    exit 1
  fi
  # A newer config.gypi would have gyp write all makefiles again.
  touch -d @2 config.gypi
fi
