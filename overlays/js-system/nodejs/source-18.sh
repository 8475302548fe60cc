# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Puts Node.js' source together. Every patch of Debian's archive has to be named, as one to apply or as one to leave out, so
# that a newer archive cannot bring a fix that nobody looks at.

# add ARCHIVE FOLDER: unpacks an archive without its top directory.
add() {
  if [ -e "$2" ]; then
    echo "error: $tree has a folder $2 already" >&2
    exit 1
  fi
  mkdir -p "$2"
  tar -xf "$1" -C "$2" --strip-components=1 --no-same-owner --no-same-permissions
}

# Debian's patch for it says where the second archive is.
add "$ada" ada

mkdir "$NIX_BUILD_TOP/debian"
tar -xf "$debian" -C "$NIX_BUILD_TOP/debian" --strip-components=1 debian/patches
patches=$NIX_BUILD_TOP/debian/patches
applied=" "
while read -r fix _; do
  case $fix in '' | '#'*) continue ;; esac
  case " $others " in *" $fix "*) continue ;; esac
  case " $fixes " in
  *" $fix "*) ;;
  *)
    echo "error: Debian's archive has the patch $fix, of which nothing says whether $tree needs it" >&2
    exit 1
    ;;
  esac
  echo "applying $fix"
  # -f asks nothing, and does not take a patch back that is there already.
  if ! patch -p1 -f --no-backup-if-mismatch -i "$patches/$fix"; then
    echo "error: Debian's patch $fix does not apply to $tree" >&2
    exit 1
  fi
  applied="$applied$fix "
done <"$patches/series"
for fix in $fixes; do
  case $applied in
  *" $fix "*) ;;
  *)
    echo "error: Debian's archive has no patch $fix for $tree" >&2
    exit 1
    ;;
  esac
done

# Debian packages these by themselves, and its source of Node.js lacks them.
add "$brotli" deps/brotli
cp "$brotliGyp" deps/brotli/brotli.gyp
add "$acorn" deps/acorn/acorn
add "$acornWalk" deps/acorn/acorn-walk
add "$cjsModuleLexer" deps/cjs-module-lexer
add "$undici" deps/undici/src
add "$busboy" deps/undici/busboy
python3 "$bundle" deps/undici/src/index-fetch.js deps/undici/undici.js "@fastify/busboy=deps/undici/busboy"

# version FILE MACRO VERSION: what `process.versions` says has to be what is there.
version() {
  sed -i "s/^#define $2 \".*\"/#define $2 \"$3\"/" "$1"
  if ! grep -q "^#define $2 \"$3\"" "$1"; then
    echo "error: $1 has no $2" >&2
    exit 1
  fi
}
version src/undici_version.h UNDICI_VERSION "$undiciVersion"

# Python's package distutils is gone from newer releases.
mkdir -p tools/python/distutils
: >tools/python/distutils/__init__.py
cp "$strictVersion" tools/python/distutils/version.py

# The program is linked with one more object, which gives scripts what a first process needs of the kernel.
sed -i "s#'src/node_main.cc'\$#'src/node_main.cc', 'src/node_system.c'#" node.gyp
if [ "$(grep -c "'src/node_main.cc', 'src/node_system.c'" node.gyp)" != 1 ]; then
  echo "error: node.gyp does not name src/node_main.cc where it was looked for" >&2
  exit 1
fi

# The list of generated sources waits for V8's whole library, which none of them needs: the first part would compile it all.
gyp=tools/v8_gypfiles/v8.gyp
target="/'target_name': 'torque_generated_initializers'/,/^    },/"
if [ "$(sed -n "$target p" "$gyp" | grep -c "'v8_base_without_compiler',")" != 1 ]; then
  echo "error: $gyp does not describe torque_generated_initializers as it was looked for" >&2
  exit 1
fi
sed -i "$target { /'v8_base_without_compiler',/d }" "$gyp"
