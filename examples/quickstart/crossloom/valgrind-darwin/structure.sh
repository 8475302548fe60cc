# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
cd "$valgrind" || exit

# What must be there, and nothing else that is Mach-O may be.
read -r -d '' -a programs <<<"$programs" || true
static=()
for tool in $tools; do static+=("libexec/valgrind/$tool-amd64-darwin"); done
dynamic=("${programs[@]}")
for preload in $preloads; do dynamic+=("libexec/valgrind/vgpreload_$preload-amd64-darwin.so"); done
printf '%s\n' "${static[@]}" "${dynamic[@]}" | sort >"$NIX_BUILD_TOP/expected"

archives=()
while read -r file; do
  # Two byte orders, two widths, and universal files of two kinds; an archive's first word is "!<ar".
  case $(head -c 4 "$file" | od -A n -t x1 | tr -d ' \n') in
  cffaedfe | cefaedfe | feedfacf | feedface | cafebabe | cafebabf) echo "$file" ;;
  213c6172) archives+=("$file") ;;
  esac
done < <(find . -type f | sed 's|^\./||' | sort) >"$NIX_BUILD_TOP/found"
diff "$NIX_BUILD_TOP/expected" "$NIX_BUILD_TOP/found" >"$NIX_BUILD_TOP/difference" || {
  echo "$target: Mach-O files that are missing (<) or not expected (>):" >&2
  cat "$NIX_BUILD_TOP/difference" >&2
  exit 1
}

# run ARG…: the lines go to the output. Everything is looked at before the build ends for what was found.
failed=0
run() {
  static-macho check "$@" >"$NIX_BUILD_TOP/lines" || failed=$?
  tee -a "$out/output" <"$NIX_BUILD_TOP/lines"
}

run --static "${static[@]}"
run --sdk "$sdk" --minimum "$minimum" "${dynamic[@]}"
# Objects of assembly say nothing of an OS, or what the target's name says: what is linked of them counts.
[ "${#archives[@]}" -gt 0 ] || {
  echo "$target: there are no static archives" >&2
  exit 1
}
run "${archives[@]}"
[ "$failed" = 0 ]
# A tool that runs on the kernel's own stack would have it where its clients lie.
stacks=$(grep -c '  static  entry 0x[0-9a-f]*  stack 0x[0-9a-f]*$' "$out/output")
[ "$stacks" = "${#static[@]}" ] || {
  echo "$target: $stacks of ${#static[@]} tools have a stack of their own" >&2
  exit 1
}

count="${#static[@]} static tools, ${#dynamic[@]} programs and libraries, ${#archives[@]} archives"
echo "$count" | tee -a "$out/output"
