# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
for crate in $crates; do
  # A store path's name is a hash, a dash, and the name of the file.
  name=${crate##*/} name=${name#*-} name=${name%.crate}
  tar -xzf "$crate" -C "$out" --no-same-owner
  if [ ! -f "$out/$name/Cargo.toml" ]; then
    echo "error: the archive of crate $name does not hold $name/Cargo.toml" >&2
    exit 1
  fi
  # cargo compares this checksum with that in Cargo.lock. The archive as a whole was checked, so no file is listed.
  checksum=$(sha256sum <"$crate")
  echo "{\"files\":{},\"package\":\"${checksum%% *}\"}" >"$out/$name/.cargo-checksum.json"
done
# Archives say nothing dependable about modes.
find "$out" -type d -exec chmod 755 {} +
find "$out" -type f -exec chmod 644 {} +
