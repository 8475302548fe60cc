# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
cd "$valgrind" || exit
programs=() preloads=()
while read -r file; do
  case $file in
  # The tools are static: the kernel starts them without dyld.
  libexec/valgrind/vgpreload_*.so) preloads+=("$file") ;;
  bin/* | libexec/valgrind/getoff-*)
    # Some of bin/ are scripts.
    [ "$(head -c 4 "$file" | od -A n -t x1 | tr -d ' \n')" != cffaedfe ] || programs+=("$file")
    ;;
  esac
done < <(find . -type f | sed 's|^\./||' | sort)
case " ${programs[*]} ${preloads[*]} " in
*' bin/valgrind '*'vgpreload_core-'*) ;;
*) echo "$target: there is no launcher, or no library for clients" >&2; exit 1 ;;
esac

python3 "$resolver" --sdk "$sdk" "${programs[@]}" "${preloads[@]}" | tee "$out/output"
python3 "$resolver" --list --sdk "$sdk" "${programs[@]}" "${preloads[@]}" >"$out/symbols"
# A client may have nothing but the system's library, so what is put into it may need no other.
if others=$(grep -vF $'\t/usr/lib/libSystem.B.dylib\t' "$out/symbols"); then
  echo "$target: these are not of libSystem:" >&2
  echo "$others" >&2
  exit 1
fi
count=$(cut -f 4 "$out/symbols" | sort -u | wc -l)
echo "${#programs[@]} programs and ${#preloads[@]} libraries take $count symbols of libSystem" | tee -a "$out/output"
