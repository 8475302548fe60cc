#!/usr/bin/env bash
# Programs of Rust, Go and C that use macOS' frameworks, for both kinds of Macs, in development shells and without a network:
# macos-programs.sh CROSSLOOM [WORK]. None runs: a Mac's dyld is imitated, which finds each symbol in the library that it is
# said to be in. What is compiled stays in WORK, which is target/macos-programs, because the standard library takes minutes.
set -euo pipefail

crossloom=$(realpath "$1")
top=$(realpath "$(dirname "$0")/..")
work=$(realpath -m "${2:-${CARGO_TARGET_DIR:-$top/target}/macos-programs}")
programs=$top/checks/macos-programs
dyld=$top/overlays/darwin/dyld.py
mkdir -p "$work/project" "$work/made"
matrix=$work/project/matrix.toml
# The kernel is not built: its compiler, and the crates of the standard library, are what Rust's programs need.
cat >"$matrix" <<'END'
crossloom = 1
[build]
systems = ["x86_64-linux", "aarch64-linux"]
[sources]
prefer = ["debian", "upstream"]
[darwin]
targets = ["arm64-apple-darwin22", "x86_64-apple-darwin22"]
[bare-metal]
targets = ["x86_64-unknown-none"]
kernel = ["hello"]
END
passed=0 skipped=()
wrong() { echo "wrong: $*" >&2; exit 1; }
for command in lock generate; do "$crossloom" --quiet "$command" --matrix "$matrix"; done
"$crossloom" --quiet fetch --matrix "$matrix" arm64-apple-darwin22 x86_64-apple-darwin22
built() { "$crossloom" --quiet build --no-out-link --matrix "$matrix" "$1"; }
node() { sed -n -E "s|^    ($1[^ ]*) = callPackage .*|\1|p" "$work/project/crossloom/$(uname -m)-linux.nix" | head -n 1; }

# Nothing is downloaded while programs are built; where namespaces are to be had, nothing could be.
alone=(unshare --map-root-user --net)
if ! "${alone[@]}" true 2>/dev/null; then
  alone=()
  skipped+=('taking the network away: this machine gives no namespaces; cargo and go are told to be offline all the same')
fi
# inside ARCH COMMAND…: in the development shell, here.
inside() {
  "$crossloom" --quiet nix --matrix "$matrix" develop "path:$work/project#$1-apple-darwin22" --command "${alone[@]}" "${@:2}"
}

# look NAME ARCH FILE REQUIRED… [-- ALLOWED…]: a program, with what it takes of which library. A library is named by the end of
# its install name. More than these is wrong, and so is one of the first of which nothing is taken.
look() {
  local name=$1 arch=$2 file=$3 toolchain sdk required=() library count
  shift 3
  while [ $# != 0 ] && [ "$1" != -- ]; do required+=("$1"); shift; done
  toolchain=$(built "darwin-$arch-apple-darwin22")
  sdk=$toolchain/sdk
  [ "$("$toolchain/bin/$arch-apple-darwin22-lipo" -archs "$file" | xargs)" = "$arch" ] || wrong "$file is not for $arch"
  python3 "$dyld" --list --sdk "$sdk" "$file" >"$work/made/$name-$arch.symbols" || wrong "dyld would not start $file"
  # Structure, minimum version, and the signature, without which arm64 runs nothing.
  sound "$name" "$file" "$sdk" || wrong "$file"
  "$toolchain/bin/$arch-apple-darwin22-otool" -L "$file" | sed 1d | awk '{ print $1 }' | sort -u >"$work/named"
  while read -r library; do
    case " ${required[*]} $* " in
    *" ${library##*/} "*) ;;
    *) wrong "$name names $library, which it has no reason for" ;;
    esac
    count=$(awk -F'\t' -v of="$library" '$3 == of' "$work/made/$name-$arch.symbols" | wc -l)
    echo "  $name  $arch  $count symbols of $library"
    [ "$count" != 0 ] || [[ " $* " == *" ${library##*/} "* ]] || wrong "$name takes nothing of $library"
  done <"$work/named"
  for library in "${required[@]}"; do
    grep -qE "/$library\$" "$work/named" || wrong "$name does not name $library"
  done
  while read -r library; do
    source_names "$library" "$work/made/$name-$arch.symbols" || wrong "no source of the stub of $library names these"
  done <"$work/named"
  passed=$((passed + 1))
}

# sound NAME FILE SDK
sound() {
  local status=0
  "$static_macho" check --sdk "$3" --minimum 13.0 "$2" >"$work/said" || status=$?
  if [ "$1" = go ] && [ "$status" = 1 ]; then
    # Go adds its debugging information as a segment that has no place in memory. dyld leaves it alone; static-macho wants one.
    # With -w, which is looked at too, there is none.
    if ! grep -vE '^bad .*: (section )?__DWARF[ ,]' "$work/said" >&2; then return 0; fi
  fi
  if [ "$status" = 0 ]; then sed -n "s|^ok   $2|  $1|p" "$work/said"; else cat "$work/said" >&2; fi
  return "$status"
}

# The sources of each stub of crossloom's, by the end of the library's name: crates, and lists of names.
declare -A sources
lists=$top/overlays/darwin/system-stubs
# attribute NAME: of the derivation that makes the stubs.
attribute() {
  "$crossloom" --quiet nix --matrix "$matrix" eval --raw --file "$work/project/crossloom" \
    "legacyPackages.$(uname -m)-linux.$(node macos-stubs).$1" --apply toString
}
unpack_sources() {
  local archive name crate
  rm -rf "$work/sources"
  for archive in $(attribute bindings) $(attribute runtime) $(attribute sqlite); do
    crate=$work/sources/$(basename "$archive" .crate)
    mkdir -p "$crate"
    tar -xf "$archive" -C "$crate" --strip-components=1
    case $archive in
    *-libsqlite3-sys-*) name=libsqlite3.dylib ;;
    *-objc2-[0-9]*) name=libobjc.A.dylib ;;
    *) name=$(grep -ohE 'link\(name = "[A-Za-z0-9]+", kind = "framework"' "$crate/src/generated/mod.rs" | cut -d'"' -f2) ;;
    esac
    sources[$name]=$crate
    if [ -e "$lists/$name.txt" ]; then sources[$name]+=" $lists/$name.txt"; fi
  done
  sources[libobjc.A.dylib]+=" $lists/objc.txt"
  sources[libresolv.9.dylib]=$lists/resolv.txt
  # Which frameworks pass on others.
  sources[CoreFoundation]+=" ${sources[libobjc.A.dylib]}"
  sources[Foundation]+=" ${sources[CoreFoundation]}"
}

# source_names LIBRARY SYMBOLS: prints what the sources do not name. The stub of libSystem is Apple's own, and not made here.
source_names() {
  local places=()
  [ "$1" != /usr/lib/libSystem.B.dylib ] || return 0
  awk -F'\t' -v of="$1" '$3 == of { sub(/^_(OBJC_(META)?CLASS_[$]_)?/, "", $4); print $4 }' "$2" | sort -u >"$work/wanted"
  [ -s "$work/wanted" ] || return 0
  read -r -a places <<<"${sources[${1##*/}]:-}"
  [ "${#places[@]}" != 0 ] || { cat "$work/wanted" >&2; return 1; }
  grep -rohwF -f "$work/wanted" "${places[@]}" | sort -u | comm -13 - "$work/wanted" >"$work/unnamed"
  [ ! -s "$work/unnamed" ] || { cat "$work/unnamed" >&2; return 1; }
}

static_macho=$(built static-macho)/bin/static-macho
unpack_sources

echo '== stubs of libraries and frameworks'
stubs=$(built "$(node macos-stubs)")
python3 - "$dyld" "$stubs" <<'END'
import importlib.util, pathlib, sys

spec = importlib.util.spec_from_file_location("dyld", sys.argv[1])
dyld = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dyld)
stubs = pathlib.Path(sys.argv[2])
frameworks = sorted(stubs.glob("Frameworks/*/Versions/?/*.tbd"))
libraries = sorted(path for path in stubs.glob("lib/*.tbd") if not path.is_symlink())
symbols = sum(len(one.names) for path in frameworks + libraries for one in dyld.stubs(path.read_text(), "arm64").values())
print(f"  {len(libraries)} libraries and {len(frameworks)} frameworks with {symbols} symbols")
END
started=$SECONDS
"$crossloom" --quiet build --no-out-link --rebuild --matrix "$matrix" "$(node macos-stubs)" >/dev/null
echo "  made again in $((SECONDS - started)) s, the same"

echo '== C'
for arch in arm64 x86_64; do
  # shellcheck disable=SC2016 # CC is the shell's
  inside "$arch" bash -c '"$CC" -Wall -Wextra -Werror "$0" -framework CoreFoundation -framework Security -o "$1"' \
    "$programs/c/frameworks.c" "$work/made/c-$arch"
  look c "$arch" "$work/made/c-$arch" CoreFoundation Security libSystem.B.dylib
done

echo '== Go'
go=$(type -P go || true)
if [ -z "$go" ] && type -P apt-get dpkg-deb >/dev/null; then
  # Debian's, which need not be installed.
  go=$work/go/root/bin/go
  if [ ! -x "$go" ]; then
    mkdir -p "$work/go/packages" "$work/go/root"
    series=$(apt-cache depends golang-go 2>/dev/null | awk '$1 == "Depends:" && $2 ~ /^golang-[0-9.]+-go$/ { print $2 }')
    if [ -n "$series" ] && (cd "$work/go/packages" && apt-get download "$series" "${series%-go}-src") >"$work/said" 2>&1; then
      for package in "$work"/go/packages/*.deb; do dpkg-deb -x "$package" "$work/go/packages/tree"; done
      # The two halves link to each other by the places where they are installed.
      for half in share lib; do
        (cd "$work/go/packages/tree/usr/$half"/go-* && find . -type l -delete && cp -r . "$work/go/root/")
      done
    else
      go=
    fi
  fi
fi
if [ -z "$go" ]; then
  skipped+=('Go: there is no go on PATH, and apt-get has no package golang-go here')
else
  "$go" version
  for arch in arm64 x86_64; do
    for flags in '' -w; do
      started=$SECONDS
      inside "$arch" env -C "$programs/go" -u GOROOT -u GOFLAGS GOOS=darwin GOARCH="${arch/x86_64/amd64}" CGO_ENABLED=1 GOENV=off \
        GOPROXY=off GOTOOLCHAIN=local GOCACHE="$work/go/cache" GOPATH="$work/go/path" \
        "$go" build -buildvcs=false "-ldflags=$flags" -o "$work/made/go$flags-$arch" .
      echo "  go$flags  $arch  built in $((SECONDS - started)) s"
      # Newer ones resolve names by libresolv.
      look "go$flags" "$arch" "$work/made/go$flags-$arch" CoreFoundation Security libSystem.B.dylib -- libresolv.9.dylib
    done
  done
fi

echo '== Rust'
rust=$(built "$(node rust-)")
standard=$(built "$(node crates-)")
# Packages come from wherever this machine's cargo takes them, and are what Cargo.lock says. Then there are only folders.
rm -rf "$work/vendor" "$work/crates"
(cd "$programs/rust" && cargo vendor --quiet --locked --versioned-dirs "$work/vendor" >/dev/null)
mkdir -p "$work/crates" "$work/bin" "$work/cargo-home"
# The standard library is built, because nobody has one for Macs without rustup; its packages are pinned by crossloom.
for folder in "$work/vendor" "$standard"; do ln -sfn "$folder"/* "$work/crates/"; done
cat >"$work/cargo-home/config.toml" <<END
[source.crates-io]
replace-with = "vendored"
[source.vendored]
directory = "$work/crates"
[net]
offline = true
END
printf '#!/bin/sh\nexec %q --sysroot %q "$@"\n' "$rust/bin/rustc" "$rust" >"$work/bin/rustc"
chmod +x "$work/bin/rustc"
for arch in arm64 x86_64; do
  started=$SECONDS
  # A released compiler hides what building a standard library takes.
  inside "$arch" env -C "$programs/rust" -u RUSTFLAGS RUSTC="$work/bin/rustc" RUSTC_BOOTSTRAP=1 CARGO_HOME="$work/cargo-home" \
    CARGO_TARGET_DIR="$work/cargo" "$rust/bin/cargo" build --quiet --offline --locked -Zbuild-std=std,panic_unwind
  echo "  both programs  $arch  built in $((SECONDS - started)) s"
  made=$work/cargo/${arch/arm64/aarch64}-apple-darwin/debug
  look fetch "$arch" "$made/fetch" CoreFoundation Security SystemConfiguration libSystem.B.dylib -- libiconv.2.dylib
  look greet "$arch" "$made/greet" Foundation libobjc.A.dylib libSystem.B.dylib -- CoreFoundation libiconv.2.dylib
done

for reason in "${skipped[@]}"; do echo "SKIPPED: $reason"; done
echo "$passed passed, 0 failed, ${#skipped[@]} skipped"
