# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
cp -r --no-preserve=ownership "$toolchain" "$folder"
chmod -R u+w "$folder"
files=$folder/share/crossloom
mkdir -p "$files" "$folder/cargo" work

# fill FROM TO PLACE: a file with every placeholder filled in. PLACE is how it names the archive's folder.
fill() {
  sed -e "s|@target@|$target|g" -e "s|@toolPrefix@|$toolprefix|g" -e "s|@version@|$version|g" -e "s|@rust@|$rust|g" \
    -e "s|@cpu@|$cpu|g" -e "s|@family@|$family|g" -e "s|@endian@|$endian|g" -e "s|@folder@|$folder|g" \
    -e "s|@machine@|$machine|g" -e "s|@machineCpu@|${machine%%-*}|g" -e "s|@bazelCpu@|$bazelcpu|g" \
    -e "s|@compiler@|gcc|g" -e "s|@qemu@||g" -e "s|@hostcc@||g" \
    -e "s|@toolchain@|$place|g" -e "s|@sysroot@|$place/$target|g" -e "s|@out@/lib|$place/$target/lib|g" -e "s|@out@|$place|g" \
    "$1" >work/filled
  if grep -nE '@[a-zA-Z]+@' work/filled; then
    echo "$1: a placeholder is left" >&2
    exit 1
  fi
  sed "s|$place|$3|g" work/filled >"$2"
}

fill "$shared/config.site" "$files/config.site" ''
# shellcheck disable=SC2016 # CMake expands it
fill "$shared/toolchain.cmake" "$files/toolchain.cmake" '${CMAKE_CURRENT_LIST_DIR}/../..'
fill "$shared/cross.ini" "$files/cross.ini" '@DIRNAME@/../..'
for file in README.md MODULE.bazel BUILD.bazel cc_toolchain_config.bzl; do fill "$archive/$file" "$folder/$file" ''; done
if [ -z "$bazelcpu" ]; then sed -i '/@platforms\/\/cpu:",/d' "$folder/BUILD.bazel"; fi

# What a shell sets when it is entered, without the compiler of the machine that it runs on.
fill "$shared/enter.sh" work/enter.sh "$place"
# shellcheck disable=SC2016,SC2086 # the inner shell expands it; variables are words
env -i $variables "$SHELL" -c 'source work/enter.sh; unset "${!HOST_@}" "${!CC_FOR@}" "${!CXX_FOR@}" PWD SHLVL _ OLDPWD
  for name in $(compgen -e); do printf "%s=%s\n" "$name" "${!name}"; done' | LC_ALL=C sort >work/variables

fill "$archive/env.sh" "$folder/env.sh" ''
sed -e "s|$place|\${CROSSLOOM_TOOLCHAIN}|g" -e 's|^\([A-Za-z0-9_]*\)=\(.*\)$|export \1="\2"|' work/variables >>"$folder/env.sh"

# The same for cargo, which takes paths as relative to the folder above the one of this file.
if [ -n "$rust" ]; then
  upper=${rust//-/_} upper=${upper^^}
  rustflags=$(sed -n "s|^CARGO_TARGET_${upper}_RUSTFLAGS=||p" work/variables)
  {
    echo '# cargo build --config <this file> --target '"$rust"
    echo "[target.$rust]"
    echo "linker = \"bin/$target-gcc\""
    printf 'rustflags = ['
    # The place of libraries is one that the linker looks into by itself.
    for flag in $rustflags; do case $flag in *"$place"*) ;; *) printf '"%s", ' "$flag" ;; esac; done | sed 's/, $//'
    echo ']'
    echo
    echo '[env]'
    sed -nE "s/^((CC|CXX|AR|RANLIB|PKG_CONFIG)_${rust//-/_})=(.+)$/\1 = { value = \"bin\/\3\", relative = true }/p" work/variables
    echo "PKG_CONFIG_ALLOW_CROSS_${rust//-/_} = \"1\""
  } >"$folder/cargo/config.toml"
  # Rust's std asks for the unwinder of LLVM by name. GCC's has the same functions.
  echo 'GROUP ( -lgcc_eh -lgcc -lc )' >"$folder/$target/lib/libunwind.a"
else
  rmdir "$folder/cargo"
  sed -i '/^| cargo,/d' "$folder/README.md"
fi

if grep -rlE "$place|$NIX_STORE/" "$folder"; then
  echo "error: these files name a place of this machine" >&2
  exit 1
fi
find "$folder" -type d -exec chmod 755 {} +
find "$folder" -type f -perm -100 -exec chmod 755 {} +
find "$folder" -type f ! -perm -100 -exec chmod 644 {} +
mkdir -p "$out/nix-support"
# In a fixed order, without owners and dates.
tar --sort=name --hard-dereference --mtime=@1 --owner=0 --group=0 --numeric-owner -cf - "$folder" | gzip -9n >"$out/$folder.tar.gz"
# For Hydra, to offer it for download.
echo "file binary-dist $out/$folder.tar.gz" >"$out/nix-support/hydra-build-products"
