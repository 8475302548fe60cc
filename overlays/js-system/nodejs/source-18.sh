# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Puts the source of Node.js 18 together, with the functions of source.sh.

# Debian's patch for it says where the second archive is.
add "$ada" ada
patched
patch -p1 -f --no-backup-if-mismatch -i "$snapshot"

# Debian packages these by themselves, and its source of Node.js lacks them.
add "$brotli" deps/brotli
cp "$brotliGyp" deps/brotli/brotli.gyp
add "$acorn" deps/acorn/acorn
add "$acornWalk" deps/acorn/acorn-walk
add "$cjsModuleLexer" deps/cjs-module-lexer
add "$undici" deps/undici/src
add "$busboy" deps/undici/busboy
python3 "$bundle" deps/undici/src/index-fetch.js deps/undici/undici.js "@fastify/busboy=deps/undici/busboy"

# With this name defined it says `node` for itself to servers, as in Node.js' own build.
sed -i "1a const esbuildDetection = 1;" deps/undici/undici.js
described deps/undici/undici.js "const esbuildDetection = 1;"
# What `process.versions` says has to be what is there.
sed -i "s/^#define UNDICI_VERSION \".*\"/#define UNDICI_VERSION \"$undiciVersion\"/" src/undici_version.h
described src/undici_version.h "#define UNDICI_VERSION \"$undiciVersion\""

# Python's package distutils is gone from newer releases.
mkdir -p tools/python/distutils
: >tools/python/distutils/__init__.py
cp "$strictVersion" tools/python/distutils/version.py

# The program is linked with one more object, which gives scripts what a first process needs of the kernel.
sed -i "s#'src/node_main.cc'\$#'src/node_main.cc', 'src/node_system.c'#" node.gyp
described node.gyp "'src/node_main.cc', 'src/node_system.c'"

# The list of generated sources waits for V8's whole library, which none of them needs: the first part would compile it all.
target="/'target_name': 'torque_generated_initializers'/,/^    },/"
sed -i "$target s/'v8_base_without_compiler',/# V8 itself is not needed/" tools/v8_gypfiles/v8.gyp
described tools/v8_gypfiles/v8.gyp "# V8 itself is not needed"
