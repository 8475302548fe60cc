# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

export RUSTFLAGS="-C linker=cc --remap-path-prefix=$crates=/crates --remap-path-prefix=$PWD=/$package \
  --remap-path-prefix=$CARGO_TARGET_DIR=/target"
cargo build --frozen --jobs "$NIX_BUILD_CORES" --release --package "$package" --bins
mkdir -p "$out/bin"
find "$CARGO_TARGET_DIR/release" -maxdepth 1 -type f -perm -100 -exec cp {} "$out/bin/" \;
if [ -z "$(ls "$out/bin")" ]; then
  echo "error: the package $package has no program" >&2
  exit 1
fi
