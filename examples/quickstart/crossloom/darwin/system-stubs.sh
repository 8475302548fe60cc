# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir -p "$out/lib" "$out/Frameworks" ast
system=$sdk/usr/lib/libSystem.tbd
stub() { "$stubs/bin/stubs" library "$@"; }

# ast NAME LANGUAGE HEADER…: what headers declare, for each of a Mac's processors.
# Without colours, which clang would put into the dump because the build's messages go to a terminal.
ast() {
  local name=$1 language=$2 cpu header
  shift 2
  for header; do echo "#include <$header>"; done >"ast/$name.h"
  for cpu in x86_64 arm64; do
    "$clang/bin/clang" "--target=$cpu-apple-darwin20" -isysroot "$sdk" -resource-dir "$clangLib/lib/clang/${llvm%%.*}" \
      -x "$language" -fsyntax-only -fno-color-diagnostics -Xclang -ast-dump "ast/$name.h" >"ast/$name.$cpu"
  done
}
llvm=$("$clang/bin/clang" -dumpversion)

# library NAME INSTALL-NAME [ARGUMENT]…: a library whose headers were read; those of the system itself are nobody else's.
library() {
  local name=$1 install=$2
  shift 2
  [ ! -e "ast/$name.x86_64" ] || set -- --ast "ast/$name.x86_64" --ast "ast/$name.arm64" "$@"
  [ ! -e "$names/$name.txt" ] || set -- --names "$names/$name.txt" "$@"
  stub --install-name "$install" --without "$system" --without-ast ast/system.x86_64 "$@" >"$out/lib/lib$name.tbd"
}
ast system c stdlib.h stdio.h string.h unistd.h stdarg.h sys/types.h wchar.h
ast z c zlib.h
ast iconv c iconv.h
ast objc objective-c objc/runtime.h objc/message.h objc/NSObject.h
library z /usr/lib/libz.1.dylib
library iconv /usr/lib/libiconv.2.dylib
library charset /usr/lib/libcharset.1.dylib
library resolv /usr/lib/libresolv.9.dylib
mkdir runtime-source
tar -xf "$runtime" -C runtime-source --strip-components=1
library objc /usr/lib/libobjc.A.dylib --bindings runtime-source/src/ffi
# The functions that its oldest bindings know: every Mac's is newer.
mkdir sqlite-source
tar -xf "$sqlite" -C sqlite-source --strip-components=1
mkdir oldest
cp sqlite-source/bindgen-bindings/bindgen_3.14.0.rs oldest/
library sqlite3 /usr/lib/libsqlite3.dylib --bindings oldest
# The names with a number, under which libraries are linked, too.
for name in z:z.1 iconv:iconv.2 charset:charset.1 resolv:resolv.9 objc:objc.A; do
  ln -s "lib${name%:*}.tbd" "$out/lib/lib${name#*:}.tbd"
done

# framework NAME LETTER [ARGUMENT]…
framework() {
  local name=$1 letter=$2 folder=$out/Frameworks/$1.framework
  shift 2
  [ ! -e "$names/$name.txt" ] || set -- --names "$names/$name.txt" "$@"
  mkdir -p "$folder/Versions/$letter"
  stub --install-name "/System/Library/Frameworks/$name.framework/Versions/$letter/$name" --without "$system" "$@" \
    >"$folder/Versions/$letter/$name.tbd"
  ln -s "$letter" "$folder/Versions/Current"
  ln -s "Versions/Current/$name.tbd" "$folder/$name.tbd"
}
place() { echo "/System/Library/Frameworks/$1.framework/Versions/$2/$1"; }
for crate in $bindings; do
  rm -rf crate
  mkdir crate
  tar -xf "$crate" -C crate --strip-components=1
  name=$(grep -ohE 'link\(name = "[A-Za-z0-9]+", kind = "framework"' crate/src/generated/mod.rs | cut -d'"' -f2)
  [ -n "$name" ] || { echo "$crate names no framework" >&2; exit 1; }
  letter=A reexports=()
  # What a framework passes on of others, so that a program which names it alone links.
  case $name in
  Foundation)
    letter=C
    reexports=(--reexport "$(place CoreFoundation A)" --reexport /usr/lib/libobjc.A.dylib)
    ;;
  AppKit) letter=C ;;
  CoreFoundation) reexports=(--reexport /usr/lib/libobjc.A.dylib) ;;
  esac
  framework "$name" "$letter" --bindings crate "${reexports[@]}"
done
framework Cocoa A --reexport "$(place AppKit C)" --reexport "$(place CoreData A)" --reexport "$(place Foundation C)"

# Names that must be there, of every kind of source.
for symbol in z:_deflate iconv:_iconv_open objc:_objc_msgSend objc:_objc_retain resolv:_res_9_nsearch sqlite3:_sqlite3_open_v2; do
  grep -q "'${symbol#*:}'" "$out/lib/lib${symbol%:*}.tbd" || { echo "no $symbol" >&2; exit 1; }
done
for symbol in CoreFoundation:_CFStringGetLength CoreFoundation:_kCFAllocatorDefault Security:_SSLHandshake \
  Security:_kSecClass Foundation:NSString Foundation:_NSLog AppKit:NSWindow SystemConfiguration:_SCDynamicStoreCreate \
  IOKit:_IOServiceMatching; do
  grep -q "'${symbol#*:}'" "$out/Frameworks/${symbol%:*}.framework/${symbol%:*}.tbd" || { echo "no $symbol" >&2; exit 1; }
done
