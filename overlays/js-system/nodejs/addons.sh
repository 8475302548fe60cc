# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

# Compilers and gyp work on a copy, and only what Node.js loads is taken from it.
copy=$NIX_BUILD_TOP/compiled-packages
cp -r --no-preserve=ownership "$packages" "$copy"
cp -r --no-preserve=ownership "$packages" "$out"
chmod -R u+w "$copy" "$out"
mkdir node
tar -xf "$src" -C node --strip-components=1 --no-same-owner --wildcards '*/tools/gyp' '*/tools/python'
export PYTHONPATH=$PWD/node/tools/python PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
export CC=$target-gcc CXX=$target-g++ AR=$target-ar LINK=$target-g++ HOME=$PWD SOURCE_DATE_EPOCH=1
# Messages of assertions name files of the package and of Node.js.
export CFLAGS="-ffile-prefix-map=$copy=. -ffile-prefix-map=$runtime/include/node=node" CXXFLAGS
CXXFLAGS=$CFLAGS
loader=$(echo "$runtime"/lib/ld-musl-*.so.1)
# Addons need Node.js' configuration, but not the flags for its own sources. node-gyp removes them, too.
python3 - "$runtime/include/node/config.gypi" config.gypi <<'EOF'
import ast, pprint, sys
with open(sys.argv[1]) as file:
    config = ast.literal_eval(file.read())
config["target_defaults"] = {"cflags": [], "default_configuration": "Release", "defines": [], "include_dirs": [], "libraries": []}
config["variables"]["standalone_static_library"] = 1
with open(sys.argv[2], "w") as file:
    file.write(pprint.pformat(config))
EOF

# compile NAME: what the binding.gyp in this folder describes. Status 2 means that the machine failed, not the package.
compile() {
  # Build folders in a package come from another machine; make must not take their files for new.
  rm -rf build
  if grep -q '<(module_path)' binding.gyp; then
    echo "error: $1 is built by node-pre-gyp, which knows more than its binding.gyp says" >&2
    echo 'hint: newer releases of many such packages are built without it' >&2
    return 1
  fi
  if ! python3 "$NIX_BUILD_TOP/node/tools/gyp/gyp_main.py" binding.gyp -f make -I "$NIX_BUILD_TOP/config.gypi" \
    -I "$settings" -I "$runtime/include/node/common.gypi" -Dlibrary=shared_library -Dvisibility=default \
    -Dnode_root_dir="$runtime" -Dnode_gyp_dir=node-gyp -Dnode_lib_file=node.lib -Dmodule_root_dir="$PWD" \
    -Dnode_engine=v8 --depth=. --no-parallel --generator-output build -Goutput_dir=. ||
    ! make -C build BUILDTYPE=Release "SHELL=$SHELL" "-j$NIX_BUILD_CORES" 2>&1 | tee "$NIX_BUILD_TOP/said"; then
    if grep -qE 'Killed|No space left|[Oo]ut of memory|virtual memory exhausted' "$NIX_BUILD_TOP/said"; then return 2; fi
    echo "error: the native addon of $1 cannot be built; what its build printed is above" >&2
    echo 'hint: an addon has musl, libstdc++ and the libraries inside Node.js (V8, libuv, OpenSSL, zlib), and no others' >&2
    return 1
  fi
}

# take NAME FOLDER: copies the addons in this folder, and tests that Node.js loads them where they are then.
take() {
  local addon addons=() found=0
  if [ -d build/Release ]; then
    mapfile -t addons < <(find build/Release -maxdepth 1 -name '*.node' | LC_ALL=C sort)
  fi
  if [ "${#addons[@]}" = 0 ]; then
    # None was there before the build.
    addon=$(find . -name '*.node' -type f ! -path '*/obj.target/*' ! -path '*/node_modules/*' | LC_ALL=C sort | head -n 1)
    if [ -z "$addon" ]; then
      echo "$1 has no addon for Linux"
      return
    fi
    echo "error: the build of $1 put its addon at ${addon#./}, and only those in build/Release are taken" >&2
    return 1
  fi
  rm -rf "$2/build"
  mkdir -p "$2/build/Release"
  for addon in "${addons[@]}"; do
    "$target-strip" --strip-unneeded -o "$2/$addon" "$addon" || return
    # All symbols at once: a function that nobody has would end the program when it is called.
    if "$loader" --library-path "$runtime/lib" "$runtime/bin/node" -e '
      const { RTLD_NOW } = require("os").constants.dlopen;
      try {
        process.dlopen({ exports: {} }, process.argv[1], RTLD_NOW);
      } catch (error) {
        console.error(error.message);
        process.exitCode = 1;
      }
    ' "$2/$addon" 2>"$NIX_BUILD_TOP/failure"; then
      found=1
    elif grep -q 'did not self-register' "$NIX_BUILD_TOP/failure"; then
      # It was loaded, and is not one of Node.js but of another program, such as a database.
      echo "not an addon of Node.js: $1, ${addon##*/}"
    else
      cat "$NIX_BUILD_TOP/failure" >&2
      echo "error: Node.js cannot load the addon ${addon##*/} of $1, for the reason above" >&2
      echo 'hint: an addon has musl, libstdc++ and the libraries inside Node.js (V8, libuv, OpenSSL, zlib), and no others' >&2
      return 1
    fi
    if grep -qF -e "$NIX_STORE" -e "$copy" "$2/$addon"; then
      echo "error: the addon ${addon##*/} of $1 names places of the build" >&2
      return 1
    fi
  done
  if [ "$found" = 0 ]; then
    echo "error: $1 made no addon that Node.js knows as one" >&2
    return 1
  fi
}

while IFS=$'\t' read -r -u 3 place inner name; do
  # It was left out, or a package around it was.
  if [ ! -d "$out/$place" ]; then continue; fi
  echo "building ${name#npm:}, in its folder $inner"
  status=0
  (cd "$copy/$place/$inner" && compile "${name#npm:}" && take "${name#npm:}" "$out/$place/$inner") </dev/null || status=$?
  if [ "$status" = 0 ]; then continue; fi
  if [ "$status" != 1 ]; then
    echo "error: the build of ${name#npm:} was stopped by this machine (status $status)" >&2
    exit 1
  fi
  if [[ " $optional " != *" $place "* ]]; then exit 1; fi
  # As npm does with what another package can do without.
  echo "left out, since it is optional: ${name#npm:}"
  rm -rf "${out:?}/$place"
  awk -F '\t' -v place="$place" '$1 != place && index($1, place "/") != 1' "$out/origins" >origins
  cp origins "$out/origins"
done 3<"$out/native"
rm "$out/native"
