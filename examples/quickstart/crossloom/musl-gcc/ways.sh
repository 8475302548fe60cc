# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# The beginning of checks that link programs in every way and run them.

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
