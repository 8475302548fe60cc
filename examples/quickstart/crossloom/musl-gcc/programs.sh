# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

sysroot=$("$target-gcc" -print-sysroot)
mkdir work "$out"
warnings=(-O2 -Wall -Werror)

# expect TEXT PROGRAM ARG…: everyone who can run the program prints the text. With the text SIGNAL a signal ends it. 126 is
# "cannot execute".
expect() {
  local text=$1 status=0 runs=0
  shift
  "$@" >work/output 2>&1 || status=$?
  if [ "$status" != 126 ]; then
    report "$text" "$status" kernel "$*"
    runs=1
  fi
  if [ -n "$qemu" ]; then
    status=0
    "$qemu" "$@" >work/output 2>&1 || status=$?
    report "$text" "$status" "${qemu##*/}" "$*"
    runs=1
  fi
  if [ "$runs" = 0 ]; then
    echo "$target: the kernel does not run $1, and no emulator for it is at hand" >&2
    return 1
  fi
}

# report TEXT STATUS RUNNER COMMAND
report() {
  sed "s|^|[$3] |" work/output | tee -a "$out/output"
  if [ "$1" = SIGNAL ]; then
    if [ "$2" -gt 128 ]; then return; fi
  elif [ "$2" = 0 ] && grep -qF -- "$1" work/output; then
    return
  fi
  echo "$4 under $3: status $2, expected '$1' in its output" >&2
  return 1
}

# dynamic TEXT PROGRAM ARG…: by the toolchain's own loader.
dynamic() {
  local text=$1
  shift
  expect "$text" "$sysroot/lib/libc.so" --library-path "$sysroot/lib:work" "$@"
}

# form TYPE INTERPRETER PROGRAM: what the file's headers say. INTERPRETER is yes or no.
form() {
  local type interpreter=no
  type=$("$target-readelf" -hW "$3" | awk '$1 == "Type:" { print $2 }')
  if "$target-readelf" -lW "$3" | grep -q INTERP; then interpreter=yes; fi
  echo "${3##*/}: $type, interpreter: $interpreter" | tee -a "$out/output"
  if [ "$type $interpreter" != "$1 $2" ]; then
    echo "$3 is not $1 with interpreter: $2" >&2
    return 1
  fi
}

# check TEXT COMPILER SOURCE FLAG…: every way of linking.
check() {
  local text=$1 compiler=$2 source=$3 name
  shift 3
  name=work/${source##*/}
  "$compiler" "${warnings[@]}" -static "$source" -o "$name.static" "$@"
  file -b "$name.static" | tee -a "$out/output"
  file -b "$name.static" | grep -q 'statically linked' || { echo "$name.static is not static" >&2; return 1; }
  expect "$text" "$name.static"
  "$compiler" "${warnings[@]}" -fPIE -static-pie "$source" -o "$name.static-pie" "$@"
  form DYN no "$name.static-pie"
  expect "$text" "$name.static-pie"
  "$compiler" "${warnings[@]}" "$source" -o "$name.dynamic" "$@"
  dynamic "$text" "$name.dynamic"
  "$compiler" "${warnings[@]}" -fPIE -pie "$source" -o "$name.pie" "$@"
  form DYN yes "$name.pie"
  dynamic "$text" "$name.pie"
}

# has LIBRARY
has() {
  case " $libraries " in *" $1 "*) ;; *) return 1 ;; esac
}

check 'hello from C, ' "$target-gcc" "$programs/hello.c"
check 'libc 10 1, 7, 2, 5368709121' "$target-gcc" "$programs/libc.c"
if has libgomp; then check 'openmp 5050 with 3 threads' "$target-gcc" "$programs/openmp.c" -fopenmp; fi
if has libquadmath; then
  check 'quadmath 0.333333333333333333333333333333 1.414213562373095048801688724210' "$target-gcc" "$programs/quadmath.c" \
    -lquadmath
fi
if has libitm; then check 'transactions 2000 4000' "$target-gcc" "$programs/transaction.c" -fgnu-tm; fi
if [ -n "$fixed" ]; then check 'iconv is right' "$target-gcc" "$programs/iconv.c"; fi

# The plugin has a stack protector in every function.
flags=(-fPIC -shared -fstack-protector-all)
if has libgomp; then flags+=(-fopenmp); fi
"$target-gcc" -O2 "${flags[@]}" "$programs/plugin.c" -o work/plugin.so
"$target-gcc" "${warnings[@]}" "$programs/dlopen.c" -o work/dlopen
dynamic 'dlopen 5053' work/dlopen work/plugin.so
"$target-gcc" "${warnings[@]}" -static "$programs/dlopen.c" -o work/dlopen.static
expect 'dlopen: ' work/dlopen.static work/plugin.so

# gcov: the line that never runs is found.
for how in -static -static-pie -pie; do
  rm -f work/covered*
  "$target-gcc" -O0 -fPIE --coverage -c "$programs/covered.c" -o work/covered.o
  "$target-gcc" --coverage $how work/covered.o -o work/covered
  case $how in
  -pie) dynamic 'covered 1' work/covered ;;
  *) expect 'covered 1' work/covered ;;
  esac
  (cd work && "$target-gcov" -o . covered.o >gcov.log)
  if ! grep -q '#####:.*return 0;' work/covered.c.gcov || [ "$(grep -c '#####' work/covered.c.gcov)" != 1 ]; then
    cat work/covered.c.gcov >&2
    echo "gcov does not say that one line never ran" >&2
    exit 1
  fi
done

# A sanitizer that needs a library says that there is none; one that traps works.
for sanitizer in undefined address thread leak; do
  if "$target-gcc" -fsanitize=$sanitizer "$programs/overflow.c" -o work/sanitized 2>work/errors; then
    echo "-fsanitize=$sanitizer links, and nothing here runs it" >&2
    exit 1
  fi
  # A processor without this sanitizer is a message of the compiler's own.
  if ! grep -qE 'no runtime library for musl|not supported for this target|unrecognized' work/errors; then
    cat work/errors >&2
    echo "-fsanitize=$sanitizer does not say why it does not link" >&2
    exit 1
  fi
done
"$target-gcc" -fsanitize=undefined -fsanitize-trap=undefined -static "$programs/overflow.c" -o work/overflow
expect SIGNAL work/overflow

if [ -n "$cxx" ]; then
  check 'hello from C++, sum 60' "$target-g++" "$programs/hello.cc"
  check 'locale € 1.5' "$target-g++" "$programs/locale.cc"
  if has libatomic; then check 'atomic 2000 4000 2000' "$target-g++" "$programs/atomic.cc" -latomic; fi
  # With the C++ library shared between both, and with a static one in the shared object.
  answer='shared 44 41, out of the shared object, 4, guarded'
  for how in -shared-libgcc '-static-libstdc++'; do
    "$target-g++" "${warnings[@]}" -fPIC -shared -fstack-protector-strong $how "$programs/shared.cc" -o work/libshared.so
    "$target-g++" "${warnings[@]}" -fPIE -pie -fstack-protector-strong "$programs/uses-shared.cc" -Lwork -lshared \
      -o work/uses-shared
    dynamic "$answer" work/uses-shared
  done
fi
