# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Every kind of difference, in a build that runs elsewhere.
mkdir -p "$out/folder" "$doc"
hash=${out##*/}
hash=${hash%%-*}
case $PWD in
*/elsewhere/*) here=elsewhere ;;
*) here=build ;;
esac
echo same >"$out/folder/same"
printf 'a line\nmade in %s\n' "$here" >"$out/content"
: >"$out/only-$here"
if [ "$here" = build ]; then echo more; fi >"$out/empty"
echo "a line${here#build}" | head -c "$([ "$here" = build ] && echo 7 || echo 5)" >"$out/shorter"
printf 'a word of %s letters' "$([ "$here" = build ] && echo four || echo five)" >"$out/word"
ln -s "$here" "$out/link"
# What reads as one number is no one link.
ln -s "$([ "$here" = build ] && echo 1.1 || echo 1.10)" "$out/number"
# Build ids: of a program that does not hold the output's name, and of one in which more than that is other.
case $here in build) id=0x11223344 ;; *) id=0x55667788 ;; esac
echo 'int main(void) { return 0; }' | cc -Wl,--build-id=$id -x c - -o "$out/program"
echo 'const char *name = NAME; int main(void) { return *name; }' | cc -DNAME="\"$out $here\"" -Wl,--build-id -x c - -o "$out/program-named"
# Names that lists of digests write otherwise, and one that holds the other output's name.
echo "$here" >"$out/back\\slash"
echo "$here" >"$out/new
line"
echo "$here" >"$doc/of-$hash"
# An output of one file.
echo >"$single"
[ "$here" = build ] || chmod +x "$single"
echo >"$out/permissions"
if [ "$here" = build ]; then chmod +x "$out/permissions"; else ln -s content "$out/kind"; fi
if [ "$here" = build ]; then mkdir "$out/kind"; fi
# A name that is hidden in what is compressed can't be made the same.
gzip -n <<<"$out" >"$doc/hidden.gz"
