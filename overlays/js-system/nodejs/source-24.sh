# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Puts the source of Node.js 24 together. Every patch of Debian's archive has to be named, as one to apply or as one to leave
# out, so that a newer archive cannot bring a fix that nobody looks at.

# add ARCHIVE FOLDER: unpacks an archive without its top directory.
add() {
  if [ -e "$2" ]; then
    echo "error: $tree has a folder $2 already" >&2
    exit 1
  fi
  mkdir -p "$2"
  tar -xf "$1" -C "$2" --strip-components=1 --no-same-owner --no-same-permissions
}

# described FILE TEXT: stops where a change did not find what it was made for.
described() {
  if [ "$(grep -cF -e "$2" "$1")" != 1 ]; then
    echo "error: $1 does not have what was looked for there, so it has not become: $2" >&2
    exit 1
  fi
}

more=$NIX_BUILD_TOP/more
mkdir "$more"
tar -xf "$debian" -C "$more" --no-same-owner debian/patches
left=" $fixes "
while read -r fix _; do
  case $fix in '' | '#'*) continue ;; esac
  case " $others " in *" $fix "*) continue ;; esac
  case $left in
  *" $fix "*) left=${left/ $fix / } ;;
  *)
    echo "error: Debian's archive has the patch $fix, of which nothing says whether $tree needs it: add it to one of the" \
      "lists in generator/src/families/js_system/nodejs.rs" >&2
    exit 1
    ;;
  esac
  echo "applying $fix"
  # -f asks nothing, and does not take a patch back that is there already.
  if ! patch -p1 -f --no-backup-if-mismatch -i "$more/debian/patches/$fix"; then
    echo "error: Debian's patch $fix does not apply to $tree" >&2
    exit 1
  fi
done <"$more/debian/patches/series"
if [ -n "${left// /}" ]; then
  echo "error: Debian's archive has no patch for $tree with these names:$left" >&2
  exit 1
fi

# Debian packages these by themselves, and its source of Node.js lacks them.
add "$acorn" deps/acorn/acorn
add "$acornwalk" deps/acorn/acorn-walk
add "$amaro" deps/amaro
add "$undici" deps/undici/src
python3 "$bundle" deps/undici/src/index-fetch.js deps/undici/undici.js
# With this name defined it says `node` for itself to servers, as in Node.js' own build.
sed -i "1a const esbuildDetection = 1;" deps/undici/undici.js
described deps/undici/undici.js "const esbuildDetection = 1;"
mkdir deps/minimatch
add "$minimatch" "$more/minimatch"
add "$braceexpansion" "$more/brace-expansion"
add "$balancedmatch" "$more/balanced-match"
python3 "$bundle" "$more/minimatch/dist/commonjs/index.js" deps/minimatch/index.js \
  "brace-expansion=$more/brace-expansion" "balanced-match=$more/balanced-match"

add "$gyp" tools/gyp
# The package lacks this program, which Node.js' copy of gyp has, and which describes native addons.
printf '%s\n' 'import os, sys' 'sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "pylib"))' \
  'import gyp' 'sys.exit(gyp.script_main())' >tools/gyp/gyp_main.py
# The scripts of the build look for packages of Python here.
mkdir tools/python
add "$packaging" "$more/packaging"
add "$jinja" "$more/jinja2"
add "$markupsafe" "$more/markupsafe"
mv "$more"/packaging/src/packaging "$more"/jinja2/src/jinja2 "$more"/markupsafe/src/markupsafe tools/python/

# Compiled templates that they keep for the next time are not the same in each build.
for script in deps/inspector_protocol/code_generator.py deps/v8/third_party/inspector_protocol/code_generator.py; do
  sed -i 's/^ *bytecode_cache=.*,$/    # without a cache/' "$script"
  described "$script" '# without a cache'
done

add "$simdutf" "$more/simdutf"
mkdir deps/v8/third_party/simdutf
mv "$more"/simdutf/cpp/simdutf.{cpp,h} deps/v8/third_party/simdutf/

# What `process.versions` says has to be what is there.
for entry in $versions; do
  file=src/${entry%%=*}_version.h
  if ! grep -q "^#define [A-Z]*_VERSION \"${entry#*=}\"$" "$file"; then
    echo "error: $file names another version than ${entry#*=}, which is the one here: the releases of crossloom and of" \
      "Node.js do not go together" >&2
    exit 1
  fi
done

# The program is linked with one more object, which gives scripts what a first process needs of the kernel, and with the
# libraries that its source lacks.
libraries=(llhttp uv ada simdjson brotlidec brotlienc brotlicommon cares nghttp2 sqlite3 hdr_histogram zstd z ssl crypto)
words=$(printf "'-l%s', " "${libraries[@]}")
sed -i "/^ *'src\/node_main.cc'\$/ { s#\$#, 'src/node_system.c'#; n; s#\],#], 'libraries': [${words%, }],# }" node.gyp
described node.gyp "'src/node_main.cc', 'src/node_system.c'"
described node.gyp "], 'libraries': ['-lllhttp', "
sed -i "/'dependencies': \[ 'deps\/uv\/uv.gyp:libuv#host' \]/ { n; s/}\],/}, { 'libraries': ['-luv'] }],/ }" node.gyp
described node.gyp "}, { 'libraries': ['-luv'] }],"

# The list of generated sources waits for V8's whole library, which none of them needs: the first part would compile it all.
target="/'target_name': 'torque_generated_initializers'/,/^    },/"
sed -i "$target s/'v8_base_without_compiler',/# V8 itself is not needed/" tools/v8_gypfiles/v8.gyp
described tools/v8_gypfiles/v8.gyp "# V8 itself is not needed"

# It compiles builtins in threads, for which musl's stacks of 128 KiB may be too small.
sed -i "s/^\( *\)'target_name': 'mksnapshot',\$/&\n\1'ldflags': ['-Wl,-z,stack-size=0x800000'],/" tools/v8_gypfiles/v8.gyp
described tools/v8_gypfiles/v8.gyp "stack-size"

# A macro that marks what tests may reach, from V8's copy of GoogleTest: Debian's source lacks that of Node.js.
mkdir src/gtest
cp deps/v8/third_party/googletest/src/googletest/include/gtest/gtest_prod.h src/gtest/

# The build copies a configuration that OpenSSL reads while it is built, and there is none without its source.
mkdir deps/openssl
: >deps/openssl/nodejs-openssl.cnf
