# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

cp "$module" system.c
cp "$header" system.h
cp "$options" mount-options.h
# As one text in C.
sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/"&\\n"/' "$prelude" >prelude.h
flags=(
  -std=gnu11 -O2 -funsigned-char -D_GNU_SOURCE -DQUICKJS_NG_BUILD
  # Paths of the build stand in assertions and debugging data.
  "-ffile-prefix-map=$PWD=."
)
objects=()
for source in dtoa libregexp libunicode quickjs quickjs-libc qjs gen/repl gen/standalone; do
  echo "$source.c"
  "$target-gcc" "${flags[@]}" -I. -c "$source.c" -o "$source.o"
  objects+=("$source.o")
done
"$target-gcc" "${flags[@]}" -Wall -Wextra -Werror -Wno-unused-parameter -Wno-cast-function-type -I. -c system.c -o system.o
"$target-gcc" -static -s "${objects[@]}" system.o -lm -o qjs
