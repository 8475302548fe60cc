# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
eval "$setup"
# The sources ask which headers there are. Those of the build machine's programs are none of a Mac's.
unset CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH

flags="-O2 -fPIC -fvisibility=hidden -fno-stack-protector -ffile-prefix-map=$PWD=. -frandom-seed=runtimes"
flags="$flags -I. -I../include -isystem $compat"
# As CMake would find out: all of it is there on every Mac.
profile="-DCOMPILER_RT_HAS_ATOMICS=1 -DCOMPILER_RT_HAS_FCNTL_LCK=1 -DCOMPILER_RT_HAS_UNAME=1"
sanitizer="-std=c++17 -fno-exceptions -fno-builtin -isystem $libcxx/include/c++/v1 -DUBSAN_CAN_USE_CXXABI=1"

# What UBSan needs of the file that is left out below.
cat >sanitizer_common/limits.cpp <<'END'
#include <signal.h>
namespace __sanitizer {
extern const int si_SEGV_MAPERR = SEGV_MAPERR;
extern const int si_SEGV_ACCERR = SEGV_ACCERR;
}
END
# Files for other systems hold nothing on this one. The table of structures in sanitizer_platform_limits_posix is for
# sanitizers that look into system calls, and _nolibc stands in for files that are here.
find profile -name '*.c' -o -name 'InstrProfilingRuntime.cpp' | sort >profile.files
{
  find sanitizer_common ubsan interception -maxdepth 1 -name '*.cpp' ! -name 'sanitizer_platform_limits_posix.cpp' \
    ! -name '*_nolibc.cpp' ! -name '*_win*' ! -name '*_fuchsia*' ! -name '*test*' ! -name '*_preinit.cpp'
} | sort >ubsan.files

# compile CPU PART FLAGS: an object for each file.
compile() {
  mkdir "$2.$1"
  # shellcheck disable=SC2016 # the inner shell expands it
  FLAGS="-arch $1 $flags $3" OBJECTS=$2.$1 xargs -P "$NIX_BUILD_CORES" -I @ bash -c '
    name=${1//\//-}
    case $1 in
    *.c) compiler=$CLANG ;;
    # Those that look at types at run time.
    *_cxx.cpp | *_itanium.cpp) compiler=$CLANGXX ;;
    *) compiler="$CLANGXX -fno-rtti" ;;
    esac
    $compiler -nostdinc++ $FLAGS -c "$1" -o "$OBJECTS/${name%.*}.o"' compile @ <"$2.files"
}
weak=()
while read -r symbol; do weak+=(-U "$symbol"); done < <(cat sanitizer_common/weak_symbols.txt ubsan/weak_symbols.txt)
name=libclang_rt.ubsan_osx_dynamic.dylib
for cpu in x86_64 arm64; do
  compile "$cpu" profile "$profile"
  "$ar" rcs "profile.$cpu.a" "profile.$cpu"/*.o
  compile "$cpu" ubsan "$sanitizer"
  "$lld" -dylib -arch "$cpu" -platform_version macos "$minimum" "$minimum" -syslibroot "$sdk" "-L$libcxxStub/lib" \
    -lc++ -lc++abi -lSystem -install_name "@rpath/$name" -S "${weak[@]}" "ubsan.$cpu"/*.o -o "ubsan.$cpu.dylib"
  "$nm" --defined-only "ubsan.$cpu.dylib" >symbols
  grep -q ' T ___ubsan_handle_add_overflow$' symbols || { echo "UBSan of $cpu has no handlers" >&2; exit 1; }
  "$nm" --defined-only "profile.$cpu.a" >symbols
  grep -q ' ___llvm_profile_write_file$' symbols || { echo "the profile library of $cpu writes nothing" >&2; exit 1; }
done
"$lipo" -create profile.x86_64.a profile.arm64.a -output libclang_rt.profile_osx.a
"$lipo" -create ubsan.x86_64.dylib ubsan.arm64.dylib -output "$name"
