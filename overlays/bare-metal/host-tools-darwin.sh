# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
{
  echo "#!$SHELL"
  printf 'exec %q --sysroot %q "$@"\n' "$rust/bin/rustc" "$rust"
} >"$NIX_BUILD_TOP/rustc"
chmod +x "$NIX_BUILD_TOP/rustc"
# A released compiler has the unstable features that building the standard library takes, and hides them.
export RUSTC=$NIX_BUILD_TOP/rustc RUSTC_BOOTSTRAP=1
export MACOSX_DEPLOYMENT_TARGET=$minimum
# rustc would call a program that only a Mac has.
export CARGO_PROFILE_RELEASE_STRIP=none
# Nothing runs. Unoptimised programs are made in a fraction of the time, and need no fewer symbols.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256
name=${target//-/_}
export "CARGO_TARGET_${name^^}_LINKER=$cc/bin/$triple-clang"
export "CC_$name=$cc/bin/$triple-clang" "CXX_$name=$cc/bin/$triple-clang++" "AR_$name=$cc/bin/$triple-ar"

words "$packages"
names=("${words[@]}")
words "$sources"
folders=("${words[@]}")

count=0
for index in "${!names[@]}"; do
  package=${names[index]} work=$NIX_BUILD_TOP/source-$index
  cp -r --no-preserve=mode,ownership "${folders[index]}" "$work"
  cd "$work" || exit
  # Tools that end at the first panic and others share what is compiled.
  cargo build --frozen --jobs "$NIX_BUILD_CORES" --release --package "$package" --bins --target "$target" \
    -Zbuild-std=std,panic_abort,panic_unwind
  # Two packages can call a program alike.
  programs=$NIX_BUILD_TOP/programs-$index
  mkdir "$programs"
  find "$CARGO_TARGET_DIR/$target/release" -maxdepth 1 -type f -perm -100 -exec mv {} "$programs/" \;
  if [ -z "$(ls "$programs")" ]; then
    echo "error: the package $package has no program" >&2
    exit 1
  fi
  for program in "$programs"/*; do
    # The structure, the minimum version, the signature, and every symbol that it takes from a library.
    static-macho check --sdk "$sdk" --minimum "$minimum" "$program" | sed "s|$programs/||" | tee -a "$out/output"
    found=$("$cc/bin/$triple-lipo" -archs "$program")
    if [ "${found% }" != "$arch" ]; then
      echo "error: ${program##*/} is for '$found', not for $arch" >&2
      exit 1
    fi
    others=$("$cc/bin/$triple-otool" -L "$program" | sed 1d | awk '$1 !~ "^/(usr/lib|System/Library)/" { print $1 }')
    if [ -n "$others" ]; then
      echo "error: ${program##*/} needs libraries that are not the system's: $others" >&2
      exit 1
    fi
    count=$((count + 1))
  done
done
echo "$count programs of ${#names[@]} packages compile and link for macOS" | tee -a "$out/output"
