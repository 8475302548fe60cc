# shellcheck shell=bash disable=SC2154 # the derivation's attributes and target.sh's variables

words "$features"
cargo build --frozen --jobs "$NIX_BUILD_CORES" --target "$target" --profile "$profile" --package "$package" --bin "$program" \
  --features "${words[*]}" ${noDefaultFeatures:+--no-default-features} \
  -Zbuild-std=core,alloc,compiler_builtins -Zbuild-std-features=compiler-builtins-mem

# The folders of cargo's own profiles have other names.
case $profile in
dev | test) folder=debug ;;
bench) folder=release ;;
*) folder=$profile ;;
esac
case $triple in
*-uefi) file=$program.efi ;;
*) file=$program ;;
esac
made=$CARGO_TARGET_DIR/$triple/$folder
if [ ! -f "$made/$file" ]; then
  echo "error: cargo made no program $file in its folder $folder, which has: $(find "$made" -maxdepth 1 -type f -perm -100 -printf '%f ')" >&2
  exit 1
fi
mkdir "$out"
cp "$made/$file" "$out/"
