# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# install.py copies zlib's headers, too, and looks for them where Node.js' own source has them.
mkdir -p deps/zlib
cp deps/libraries/include/{zlib,zconf}.h deps/zlib/
# Those of libuv and OpenSSL it leaves out, since they are shared libraries for it.
python3 tools/install.py install --headers-only --dest-dir "$out" --prefix /
cp -r deps/libraries/include/{uv,uv.h,openssl} "$out/include/node/"
