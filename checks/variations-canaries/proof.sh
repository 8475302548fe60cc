# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Each variation shows in all files of its name (NAME, NAME-WHAT) and in no other; all of them together show in every one.
failed=0
read -r -a names <<<"$variations"
read -r -a files <<<"$reports"
for i in "${!names[@]}"; do
  name=${names[i]}
  differing=$(sed -n 's,^out/\([^:]*\): .*,\1,p' "${files[i]}" | tr '\n' ' ')
  expected=
  for one in "${names[@]}"; do
    if [ "$one" = together ] || { [ "$name" != together ] && [ "$one" != "$name" ]; }; then continue; fi
    of_one=
    for file in "$canary/$one" "$canary/$one"-*; do if [ -e "$file" ]; then of_one+="${file##*/} "; fi; done
    [ -n "$of_one" ]
    expected+=$of_one
  done
  if [ "$differing" = "$expected" ]; then
    echo "$name: shows, and nothing else does" | tee -a "$out"
  else
    echo "$name: $differing differ, instead of $expected" >&2
    cat "${files[i]}" >&2
    failed=1
  fi
done
# And every kind of difference is told; what is hidden in compressed bits differs wherever the name does.
sed -e '/^ /d' -e '/hidden.gz/s/from byte .*/.../' -e 's,^doc/of-[0-9a-z]*,doc/of-HASH,' -e '/^out.program/s/byte .*/byte N/' "$kinds" | diff "$expectedKinds" - >&2 || failed=1
[ "$failed" = 0 ]
