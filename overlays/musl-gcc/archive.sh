# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
cp -r --no-preserve=ownership "$toolchain" "$folder"
chmod -R u+w "$folder"
files=$folder/share/crossloom
mkdir -p "$files" "$folder/cargo" work

# fill FROM TO PLACE: a file with every placeholder filled in. PLACE is how it names the archive's folder.
fill() {
  sed -e "s|@target@|$target|g" -e "s|@toolPrefix@|$toolprefix|g" -e "s|@version@|$version|g" -e "s|@rust@|$rust|g" \
    -e "s|@cpu@|$cpu|g" -e "s|@uname@|$uname|g" -e "s|@system@|${target#*-}|g" -e "s|@family@|$family|g" -e "s|@endian@|$endian|g" -e "s|@folder@|$folder|g" \
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
# CMake's word for link-time optimisation asks for objects without machine code, which needs the linker's plugin. CMake reads
# this file after its own rules.
for language in C CXX Fortran; do
  printf 'set(CMAKE_%s_COMPILE_OPTIONS_IPO -flto)\n' "$language"
done >"$files/lto.cmake"
# shellcheck disable=SC2016
printf 'if(NOT CMAKE_USER_MAKE_RULES_OVERRIDE)\n  set(CMAKE_USER_MAKE_RULES_OVERRIDE "%s/lto.cmake")\nendif()\n' '${CMAKE_CURRENT_LIST_DIR}' >>"$files/toolchain.cmake"
fill "$shared/native.cmake" "$files/native.cmake" ''
fill "$shared/cross.ini" "$files/cross.ini" '@DIRNAME@/../..'
for file in README.md MODULE.bazel BUILD.bazel cc_toolchain_config.bzl; do fill "$archive/$file" "$folder/$file" ''; done
if [ -z "$bazelcpu" ]; then sed -i '/@platforms\/\/cpu:",/d' "$folder/BUILD.bazel"; fi
if [ -z "$cxx" ]; then sed -i 's/ "-lstdc++",//' "$folder/cc_toolchain_config.bzl"; fi

# What a shell sets when it is entered, without the compiler of the machine that it runs on.
fill "$shared/enter.sh" work/enter.sh "$place"
# shellcheck disable=SC2016,SC2086 # the inner shell expands it; variables are words
env -i $variables "$SHELL" -c 'source work/enter.sh; unset "${!HOST_@}" "${!CC_FOR@}" "${!CXX_FOR@}"
  unset MESON_CROSS_FILE PWD SHLVL _ OLDPWD
  for name in $(compgen -e); do printf "%s=%s\n" "$name" "${!name}"; done' >work/entered
# The linker looks into the place that Rust is told by itself, and cargo splits a path at its blanks.
LC_ALL=C sort work/entered | sed "s| -Lnative=${place}[^ ]*||" >work/variables

fill "$archive/env.sh" "$folder/env.sh" ''
sed -e "s|$place|\${CROSSLOOM_TOOLCHAIN}|g" \
  -e 's|^\([A-Za-z0-9_]*\)=\(.*\)$|export \1="\2"|' work/variables >>"$folder/env.sh"

# The same for cargo, which takes paths as relative to the folder above the one of this file.
if [ -n "$rust" ]; then
  upper=${rust//-/_} upper=${upper^^}
  rustflags=$(sed -n "s|^CARGO_TARGET_${upper}_RUSTFLAGS=||p" work/variables)
  {
    echo '# cargo build --config <this file> --target '"$rust"
    echo "[target.$rust]"
    echo "linker = \"bin/$target-gcc\""
    printf 'rustflags = ['
    for flag in $rustflags; do printf '"%s", ' "$flag"; done | sed 's/, $//'
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

# licences ARCHIVE: takes them out. tar fails for each pattern that fits nothing.
licences() {
  local texts=(--wildcards --no-wildcards-match-slash '*/COPYING*' '*/LICENSE*' '*/COPYRIGHT*' '*/LICENSES/*/*' debian/copyright)
  tar -xf "$1" -C work/licences --no-same-owner "${texts[@]}" 2>work/errors || true
  # Debian's archive of GCC has the real one within.
  tar -xOf "$1" --wildcards '*/gcc-*-dfsg.tar.xz' 2>work/errors >work/inner.tar.xz || true
  if [ -s work/inner.tar.xz ]; then tar -xf work/inner.tar.xz -C work/licences --no-same-owner "${texts[@]}" 2>work/errors || true; fi
  rm work/inner.tar.xz
}

# What the toolchain is made of, with the licences as its authors wrote them.
read -r -a ofSources <<<"$sources"
read -r -a ofDigests <<<"$digests"
read -r -a ofAddresses <<<"$addresses"
{
  echo '# What this toolchain is made of. mirror://debian/ is the archive of the Debian project, mirror://gnu/ that of GNU, and'
  echo '# mirror://crates/ the registry of crates of Rust: each has public servers. Patches are in the folder patches beside this file.'
  printf '# package\thash\taddresses\n'
} >"$files/SOURCES"
number=0
for package in $packages; do
  source=${ofSources[number]}
  printf '%s\t%s\t%s\n' "$package" "${ofDigests[number]}" "${ofAddresses[number]}" >>"$files/SOURCES"
  number=$((number + 1))
  rm -rf work/licences
  mkdir work/licences
  if [ -d "$source" ]; then
    find "$source" -maxdepth 1 -type f \( -name 'COPYING*' -o -name 'LICENSE*' -o -name 'COPYRIGHT*' \) -exec cp {} work/licences/ \;
  else
    licences "$source"
  fi
  if [ -z "$(find work/licences -type f)" ]; then
    echo "error: there is no licence in the source of $package" >&2
    exit 1
  fi
  mkdir -p "$folder/share/licenses/$package"
  find work/licences -type f -exec cp -n {} "$folder/share/licenses/$package/" \;
done
read -r -a ofPatches <<<"$patches"
number=0
for name in $patchnames; do
  mkdir -p "$files/patches/${name%/*}"
  cp "${ofPatches[number]}" "$files/patches/$name"
  number=$((number + 1))
done

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
