# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
cp -r "$sources" work
chmod -R u+w work
cd work || exit
cc=$target-clang
HOST_CC=$(type -P cc) HOST_CXX=$(type -P c++)
export HOST_CC HOST_CXX
# shellcheck source=/dev/null # the toolchain's
source "$toolchain/share/crossloom/environment.sh"

note() { echo "$*" | tee -a "$out/output"; }
wrong() { echo "wrong: $*" >&2; exit 1; }
# sound FILE…: the structure, the signature, and every import.
sound() { static-macho check --sdk "$toolchain/sdk" "$@" | tee -a "$out/output" || wrong "$*"; }
# refused WORD COMMAND…: the command fails and says the word.
refused() {
  local word=$1
  shift
  if "$@" >said 2>&1; then wrong "this was not refused: $*"; fi
  grep -qF -e "$word" said || { cat said >&2; wrong "no word of $word: $*"; }
  note "refused: ${*//$PWD/.}: $(grep -m 1 '^error' said)"
}
versions() { "$target-otool" -l "$1" | awk '$1 == "minos" || $1 == "sdk" { printf "%s ", $0 }' | xargs; }
symbols() { "$target-nm" -j "$1" | sort | xargs; }

note '== arguments in files'
"$cc" -mmacosx-version-min=11.0 count.c -o plain
said=$(versions plain)
# So many that clang hands them to the linker in a file; and so many that no command line would hold them.
for many in 1500 40000; do
  seq -f '-L/nowhere/%060.0f' "$many" >folders
  "$cc" -mmacosx-version-min=11.0 @folders count.c -o many 2>/dev/null
  [ "$(versions many)" = "$said" ] || wrong "$many arguments: $(versions many), not $said"
done
"$cc" -mmacosx-version-min=11.0 -c count.c
printf '%s\n' "-o 'of two words' count.o -lSystem" >inner
printf '%s\n' '-platform_version macos 11.0 "12.0" @inner' >outer
"$target-ld" @outer
[ "$(versions 'of two words')" = 'sdk 12.0 minos 11.0' ] || wrong "nested files: $(versions 'of two words')"
echo '-r' >inner
refused '-r' "$target-ld" @outer
echo '@outer' >inner
refused 'include themselves' "$target-ld" @outer
sound plain many

note '== options that are not carried out'
refused '-r' "$cc" -nostdlib -r count.o count.o -o both.o
for option in '-segaddr __TEXT 0x200000000' '-image_base 0x200000000' '-init _main' '-bind_at_load -no_fixup_chains'; do
  words=${option// /,}
  # -w takes the linker's own word away.
  refused "${option%% *}" "$cc" "-Wl,$words" count.o -o undone
  refused "${option%% *}" "$cc" -Wl,-w "-Wl,$words" count.o -o undone
done
if [ -e undone ] || [ -e both.o ]; then wrong 'what was refused was written all the same'; fi
# What Apple's linker leaves undone itself stays a warning, and what asks for warnings alone.
"$cc" -Wl,-s count.o -o "done" 2>/dev/null
"$cc" -Wl,-warn_commons,-warn_weak_exports,-no_arch_warnings count.o -o "done" 2>/dev/null
# What every linker does is none. GNU libtool reads a warning as a refusal.
"$cc" -dynamiclib -Wl,-single_module,-ld64,-ld_new count.o -o done.dylib 2>said
if [ -s said ]; then cat said >&2; wrong 'a word about what is the default'; fi
refused 'not libraries' "$cc" -dynamiclib -static -nostdlib count.o -o undone
if "$cc" -static count.c -o undone 2>said; then wrong 'a static program against libSystem'; fi
if grep 'crossloom sdk import' said; then wrong "a hint about Apple's SDK, which has no static libraries either"; fi

note '== what is done after the link'
"$cc" -Wl,-stack_size,1000000 count.o -o deep
"$target-otool" -l deep | grep -q 'stacksize 16777216' || wrong 'no stack of 16 MiB'
sound deep
refused '-stack_size' "$cc" -dynamiclib -Wl,-stack_size,1000000 count.o -o undone
printf 'int getpid(void) __attribute__((availability(macos, introduced = 99.0)));\nint main(void) { return !getpid; }\n' >newer.c
"$cc" -w newer.c -o newer
refused _getpid "$cc" -w -Wl,-no_weak_imports newer.c -o undone
"$cc" -Wl,-no_weak_imports count.o -o strong
if [ -e undone ]; then wrong 'what was refused was written all the same'; fi

note '== ar, ranlib and libtool'
"$cc" -arch x86_64 -arch arm64 -c count.c -o both.o
"$target-libtool" -o both.a both.o
[ "$("$target-lipo" -archs both.a | xargs -n 1 | sort | xargs)" = 'arm64 x86_64' ] || wrong 'libtool made no universal library'
"$target-ranlib" -c both.a
refused 'universal library' "$target-ar" t both.a
refused dynamiclib "$target-libtool" -dynamic -o both.dylib both.o
"$target-libtool" -V | grep -q Apple
rm both.o

note '== strip'
"$cc" -g -c count.c
"$cc" -g count.o -o program
"$cc" -g -dynamiclib count.c -o library.dylib
"$cc" -g -arch x86_64 -arch arm64 count.c -o universal
for options in '' '-u -r' -ur; do
  cp program stripped
  # shellcheck disable=SC2086 # several words
  "$target-strip" $options stripped
  case " $(symbols stripped) " in *' _shown '* | *' _local '*) wrong "strip $options left $(symbols stripped)" ;; esac
  [[ " $(symbols stripped) " == *' _printf '* ]] || wrong "strip $options took _printf"
  sound stripped
done
for options in -x '-S -x' '-u -r'; do
  cp library.dylib stripped.dylib
  # shellcheck disable=SC2086
  "$target-strip" $options stripped.dylib
  case " $(symbols stripped.dylib) " in
  *' _local '*) wrong "strip $options left a local symbol" ;;
  *' _shown '*) ;;
  *) wrong "strip $options took a symbol that others need" ;;
  esac
  sound stripped.dylib
done
for options in -S -T -X; do
  cp program stripped
  "$target-strip" "$options" stripped
  [[ " $(symbols stripped) " == *' _local '* ]] || wrong "strip $options took a local symbol"
  sound stripped
done
"$target-strip" -u -r universal -o thin
sound thin
for option in -A -n -s -R -c --no-such-option; do
  cp program stripped
  refused "${option##--}" "$target-strip" "$option" stripped
  cmp program stripped
done
cp "$HOST_CC" foreign 2>/dev/null && chmod u+w foreign && strip foreign

note '== install_name_tool'
cp program renamed
"$target-install_name_tool" -add_rpath @loader_path/../lib renamed
sound renamed

note "== programs by Apple's names"
for tool in dsymutil install_name_tool lipo nm otool strip; do
  found=$(type -P "$tool")
  [ "$found" = "$toolchain/libexec/apple/$tool" ] || wrong "$tool is $found"
done
cp program packed
dsymutil packed
[ -s packed.dSYM/Contents/Resources/DWARF/packed ] || wrong 'dsymutil made no dSYM'
for options in '-C strip=none' '-C strip=debuginfo' '-C strip=symbols'; do
  rm -rf empty empty.dSYM
  # shellcheck disable=SC2086
  RUSTC_BOOTSTRAP=1 MACOSX_DEPLOYMENT_TARGET=$minimum rustc --edition 2021 --target "$rust" -C linker="$cc" -C debuginfo=1 \
    -C panic=abort -C link-arg=-lSystem -C split-debuginfo=packed $options empty.rs -o empty
  [ -s empty.dSYM/Contents/Resources/DWARF/empty ] || wrong "rustc $options made no dSYM"
  if [[ $options == *symbols && " $(symbols empty) " == *inner* ]]; then wrong 'rustc stripped nothing'; fi
  sound empty
done

note '== link-time optimisation'
printf 'int twice(volatile int *);\nvolatile int given = 21;\nint main(void) { return twice(&given) - 42; }\n' >main.c
printf 'int twice(volatile int *number) { return 2 * *number; }\n' >twice.c
for option in -flto -flto=thin; do
  rm -rf linked linked.dSYM objects library.a
  "$cc" -O2 -g "$option" -c main.c twice.c
  "$target-ar" rcs library.a twice.o
  # The objects that the linker makes hold the debugging data.
  mkdir objects
  "$cc" -O2 -g "$option" "-Wl,-object_path_lto,$PWD/objects" main.o library.a -o linked
  sound linked
  # What one file calls in the other has become a part of it.
  "$target-objdump" -d linked | sed -n '/<_main>:/,/^$/p' >code
  if ! [ -s code ] || grep _twice code; then wrong "$option put nothing together"; fi
  dsymutil linked
  grep -qF twice.c linked.dSYM/Contents/Resources/DWARF/linked || wrong "a dSYM after $option lacks a source"
done
if [ -n "$cxx" ]; then
  printf '#include <stdexcept>\nvoid thrown() { throw std::runtime_error("thrown"); }\n' >thrown.cc
  printf '#include <exception>\nvoid thrown();\nint main() { try { thrown(); } catch (const std::exception &) { return 0; } }\n' >caught.cc
  for option in -flto -flto=thin; do
    "$cc++" -O2 "$option" thrown.cc caught.cc -o optimised
    sound optimised
  done
fi

note '== native programs inside'
# shellcheck disable=SC2016 # the inner shell expands these
"$toolchain/bin/native" bash -c '
  [ "$CC" = "$HOST_CC" ] && [ -z "${CMAKE_TOOLCHAIN_FILE:-}${MACOSX_DEPLOYMENT_TARGET:-}" ] && ! type -P otool >&2'
export CMAKE_TOOLCHAIN_FILE=$toolchain/share/crossloom/toolchain.cmake CC=$cc PKG_CONFIG=$target-pkg-config \
  PKG_CONFIG_PATH=$PWD CMAKE_PREFIX_PATH=$PWD
cmake -G Ninja -S nested -B nested-told -DTOOLCHAIN_FOR_BUILD="$CMAKE_TOOLCHAIN_FILE_FOR_BUILD" >log || { cat log; exit 1; }
cmake --build nested-told >log || { cat log; exit 1; }
sound nested-told/outer
# As the crates `cmake` and `cc` choose for a build script, which runs here.
env CMAKE_TOOLCHAIN_FILE="$HOST_CMAKE_TOOLCHAIN_FILE" cmake -G Ninja -S nested/tool -B for-host >log || { cat log; exit 1; }
cmake --build for-host >log && for-host/tool >/dev/null
"$HOST_CC" -c nested/tool/tool.c -o tool.o && "$HOST_AR" rcs libtool.a tool.o && "$HOST_RANLIB" libtool.a
unset CMAKE_TOOLCHAIN_FILE CC PKG_CONFIG PKG_CONFIG_PATH CMAKE_PREFIX_PATH

note '== packages below a prefix'
mkdir -p below/lib/pkgconfig below/include
"$target-libtool" -static -o below/lib/libcounted.a count.o
touch below/include/counted.h
cat >below/lib/pkgconfig/counted.pc <<END
Name: counted
Description: a library of the target's
Version: 1
Libs: -L$PWD/below/lib -lcounted
END
for variable in PKG_CONFIG_PATH "PKG_CONFIG_PATH_${target//-/_}"; do
  [[ $(env "$variable=$PWD/below/lib/pkgconfig" "$target-pkg-config" --libs counted) == *-lcounted* ]] ||
    wrong "$variable is overlooked"
done
export CMAKE_TOOLCHAIN_FILE=$toolchain/share/crossloom/toolchain.cmake
CMAKE_PREFIX_PATH=$PWD/below cmake -G Ninja -S prefix -B prefix-variable >log 2>&1 || { cat log; exit 1; }
# And the SDK by its name, as on a Mac.
cmake -G Ninja -S prefix -B prefix-option -DCMAKE_PREFIX_PATH="$PWD/below" -DCMAKE_OSX_SYSROOT=macosx >log 2>&1 || { cat log; exit 1; }
if grep -i warning log; then wrong 'CMake does not know the SDK macosx'; fi
unset CMAKE_TOOLCHAIN_FILE
# One that has files for CMake alone.
mkdir -p below/lib/cmake/alone
echo 'add_library(alone::alone INTERFACE IMPORTED)' >below/lib/cmake/alone/aloneConfig.cmake
CMAKE_PREFIX_PATH=$PWD/below meson setup prefix-meson prefix --cross-file "$toolchain/share/crossloom/cross.ini" \
  -Dpkg_config_path="$PWD/below/lib/pkgconfig" >log || { cat log; exit 1; }

note '== what configure scripts are told'
for host in "$target" "${rust%%-*}-apple-darwin"; do
  # shellcheck disable=SC2016 # the inner shell expands these
  answer=$(host_alias=$host bash -c '. "$0" && echo "$ac_cv_func_malloc_0_nonnull"' "$toolchain/share/crossloom/config.site")
  [ "$answer" = yes ] || wrong "config.site does not know $host"
done

note '== the SDK, asked for as on a Mac'
# same EXPECTED COMMAND…: the command prints just this.
same() {
  local expected=$1 found
  shift
  found=$("$@")
  [ "$found" = "$expected" ] || wrong "$*: $found, not $expected"
}
mkdir -p old-sdk/usr
printf '<plist><dict>\n\t<key>Version</key>\n\t<string>10.13</string>\n</dict></plist>\n' >old-sdk/SDKSettings.plist
same 10.13 xcrun --sdk "$PWD/old-sdk" --show-sdk-version
xcrun --sdk "$PWD/old-sdk" clang '-###' -c count.c 2>said
grep -qF "\"$PWD/old-sdk\"" said || wrong 'xcrun --sdk PATH runs a tool with another SDK'
rm old-sdk/SDKSettings.plist
refused version xcrun --sdk "$PWD/old-sdk" --show-sdk-version
refused 'no tool' xcrun
[ -n "$(xcrun --show-sdk-build-version)" ] || wrong 'the SDK has no build version'
path=$(xcrun --sdk macosx --show-sdk-path)
same "$path" xcodebuild -version -sdk macosx Path
same "$path" xcodebuild -sdk macosx -version Path
same "$(xcode-select -p)" xcode-select --print-path

note '== what bindgen is told'
arguments=BINDGEN_EXTRA_CLANG_ARGS_${rust//-/_}
# shellcheck disable=SC2086
"$(sed -n -E 's|.*exec "([^"]*)".*|\1|p' "$toolchain/bin/$cc" | head -n 1)" ${!arguments} -fsyntax-only layout.c

if [ -n "$stubs" ]; then
  note '== stubs of libraries and frameworks'
  cat >names.c <<'END'
extern int iconv_open(), deflateEnd(), objc_msgSend(), res_9_nsearch(), sqlite3_open_v2(), locale_charset();
extern int SSLHandshake(), SecTrustEvaluateWithError(), SCDynamicStoreCreate(), CFStringGetLength(), NSLog();
extern int IOServiceMatching(), LSOpenCFURLRef();
extern void *kCFAllocatorDefault;
int main(void)
{
    return !kCFAllocatorDefault + iconv_open() + deflateEnd() + objc_msgSend() + res_9_nsearch() + sqlite3_open_v2() +
           locale_charset() + SSLHandshake() + SecTrustEvaluateWithError() + SCDynamicStoreCreate() +
           CFStringGetLength() + NSLog() + IOServiceMatching() + LSOpenCFURLRef();
}
END
  frameworks=()
  for name in CoreFoundation Security SystemConfiguration Foundation IOKit CoreServices Cocoa Metal; do
    frameworks+=(-framework "$name")
  done
  "$cc" -std=gnu89 -w names.c -liconv -lz -lobjc -lcharset -lresolv -lsqlite3 "${frameworks[@]}" -o names
  sound names
  "$target-nm" -m names >imports
  for import in '_iconv_open (from libiconv)' '_deflateEnd (from libz)' '_objc_msgSend (from libobjc)' \
    '_SSLHandshake (from Security)' '_SCDynamicStoreCreate (from SystemConfiguration)' '_NSLog (from Foundation)' \
    '_CFStringGetLength (from CoreFoundation)'; do
    grep -qF "$import" imports || { cat imports >&2; wrong "no $import"; }
  done
  refused 'crossloom sdk import' "$cc" count.o -framework NoSuchFramework -o nothing

  note '== Objective-C'
  meson setup objc-meson objc --cross-file "$toolchain/share/crossloom/cross.ini" >log || { cat log; exit 1; }
  ninja -C objc-meson >log || { cat log; exit 1; }
  cmake -G Ninja -S objc -B objc-cmake -DCMAKE_TOOLCHAIN_FILE="$toolchain/share/crossloom/toolchain.cmake" >log || {
    cat log
    exit 1
  }
  cmake --build objc-cmake >log || { cat log; exit 1; }
  cmake --install objc-cmake --prefix root --strip
  sound objc-meson/things objc-cmake/things root/bin/things
  case " $(symbols root/bin/things) " in *' _thing '*) wrong 'cmake --install --strip left _thing' ;; esac
fi

if [ -n "$cxx" ]; then
  note '== C++ across libraries'
  cat >throw.cc <<'END'
#include <stdexcept>
void thrown() { throw std::runtime_error("thrown"); }
END
  cat >catch.cc <<'END'
#include <exception>
void thrown();
int main()
{
    try {
        thrown();
    } catch (const std::exception &) {
        return 0;
    }
    return 1;
}
END
  "$cc++" -static-libc++ throw.cc catch.cc -o static
  if "$target-otool" -L static | grep 'libc++'; then wrong '-static-libc++ names a library'; fi
  echo -static-libc++ >inner
  "$cc++" @inner throw.cc catch.cc -o static
  if "$target-otool" -L static | grep 'libc++'; then wrong '-static-libc++ in a file names a library'; fi
  sound static
  printf '#include <thread>\nint main() { std::jthread thread([] {}); }\n' >joining.cc
  "$cc++" -std=c++20 -fexperimental-library joining.cc -o joining
  "$cc++" -std=c++20 -fexperimental-library -static-libc++ joining.cc -o joining-static
  sound joining joining-static
  if grep -q "^library='system'" "$toolchain/bin/$cc++"; then
    "$cc++" -dynamiclib throw.cc -install_name @rpath/libthrow.dylib -o libthrow.dylib
    "$cc++" catch.cc libthrow.dylib -o catch
    for file in catch libthrow.dylib; do
      "$target-nm" -m "$file" >imports
      grep -qF '__ZTISt9exception (from libc++)' imports || [ "$file" = libthrow.dylib ] || wrong "$file has its own typeinfo"
      if grep -E '[0-9a-f]{16} .*__ZTISt' imports; then wrong "$file defines a typeinfo of the library"; fi
    done
    static-macho check --sdk "$toolchain/sdk" --library libthrow.dylib libthrow.dylib catch || wrong 'the library and its program'
    # An exception that goes through a second library, which throws another one in its place.
    cat >pass.cc <<'END'
#include <stdexcept>
void thrown();
void passed() {
    try {
        thrown();
    } catch (const std::runtime_error &error) {
        throw std::logic_error(error.what());
    }
}
END
    cat >both.cc <<'END'
#include <stdexcept>
void passed();
int main() {
    try {
        passed();
    } catch (const std::logic_error &) {
        return 0;
    }
    return 1;
}
END
    "$cc++" -dynamiclib thrown.cc -install_name @rpath/libthrown.dylib -o libthrown.dylib
    "$cc++" -dynamiclib pass.cc libthrown.dylib -install_name @rpath/libpass.dylib -o libpass.dylib
    "$cc++" both.cc libpass.dylib -o both
    for pair in libpass.dylib:__ZTISt13runtime_error libpass.dylib:__ZTISt11logic_error both:__ZTISt11logic_error; do
      "$target-nm" -m "${pair%:*}" >imports
      grep -qF "${pair#*:} (from libc++)" imports || wrong "${pair%:*} has its own ${pair#*:}"
    done
    static-macho check --sdk "$toolchain/sdk" --library libthrown.dylib --library libpass.dylib libthrown.dylib libpass.dylib both ||
      wrong 'two libraries and their program'
    # What macOS 14 brought: refused for an older one, and fine in the program itself.
    if [ "${minimum%%.*}" -lt 14 ]; then
      printf '#include <memory_resource>\nint main() { std::pmr::unsynchronized_pool_resource pool; }\n' >pool.cc
      refused pmr "$cc++" -std=c++17 pool.cc -o pool
      "$cc++" -std=c++17 -static-libc++ pool.cc -o pool
      sound pool
    fi
  fi
fi

if [ -n "$stubs" ] && [ -n "$cxx" ]; then
  note '== instrumented programs'
  "$cc" -fprofile-instr-generate -fcoverage-mapping count.c -o covered
  "$cc" --coverage count.c -o gcov
  "$cc" -fsanitize=undefined count.c -o checked
  "$cc++" -fsanitize=undefined catch.cc throw.cc -o checked-cxx
  for library in "$toolchain"/lib/clang/*/lib/darwin/libclang_rt.ubsan_osx_dynamic.dylib; do
    sound covered gcov "$library"
    static-macho check --sdk "$toolchain/sdk" --library "$library" checked checked-cxx || wrong 'UBSan'
  done
  refused 'asan' "$cc" -fsanitize=address count.c -o addressed
fi
