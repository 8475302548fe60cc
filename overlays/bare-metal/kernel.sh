# shellcheck shell=bash disable=SC2154 # the derivation's attributes and target.sh's variables

words "$features"
cargo build --frozen --jobs "$NIX_BUILD_CORES" --target "$target" --profile "$profile" --package "$package" --bin "$program" \
  --features "${words[*]}" ${noDefaultFeatures:+--no-default-features} \
  -Zbuild-std=core,alloc,compiler_builtins -Zbuild-std-features=compiler-builtins-mem

# cargo has another name for the folder of the profile `dev`.
case $profile in
dev) folder=debug ;;
*) folder=$profile ;;
esac
case $triple in
*-uefi) file=$program.efi ;;
*) file=$program ;;
esac
mkdir "$out"
cp "$CARGO_TARGET_DIR/$triple/$folder/$file" "$out/"
