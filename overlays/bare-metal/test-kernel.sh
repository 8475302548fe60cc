# shellcheck shell=bash disable=SC2154 # the derivation's attributes and target.sh's variables

mkdir "$out"
# cargo starts each program of tests with it.
variable=${triple^^}
variable=CARGO_TARGET_${variable//[-.]/_}_RUNNER
export "$variable=$runner/bin/run-in-qemu"

words "$features"
flags=(--frozen --jobs "$NIX_BUILD_CORES" --target "$target" --profile "$profile" --package "$package" --tests
  --features "${words[*]}" ${noDefaultFeatures:+--no-default-features}
  "-Zbuild-std=core,alloc,compiler_builtins" -Zbuild-std-features=compiler-builtins-mem -Zpanic-abort-tests)
cargo test "${flags[@]}" --no-run
# What cargo itself says has times in it. cargo without the function around it, which mixes that with what the tests say.
said=$NIX_BUILD_TOP/said
if ! command cargo test "${flags[@]}" 2>"$said" | tr -d '\r' | tee "$out/output"; then
  cat "$said" >&2
  exit 1
fi
if ! grep -q '^ *Running ' "$said"; then
  echo "error: the package $package has no tests" >&2
  echo "hint: docs/reference/bare-metal.md of crossloom says how a kernel has some" >&2
  exit 1
fi
