# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# The beginning of checks that link programs in every way and run them.

sysroot=$("$target-gcc" -print-sysroot)
mkdir work "$out"
warnings=(-O2 -Wall -Werror)

# expect TEXT PROGRAM ARG…: everyone who can run the program prints the text. With the text SIGNAL a signal ends it. 126 is
# "cannot execute", and 124 that it did not end by itself.
expect() {
  local text=$1 status=0 runs=0
  shift
  # timeout itself would have a shell read what the kernel does not know.
  # shellcheck disable=SC2016
  timeout 300 "$SHELL" -c 'exec "$@"' "$SHELL" "$@" >work/output 2>&1 || status=$?
  if [ "$status" != 126 ]; then
    report "$text" "$status" kernel "$*"
    runs=1
  fi
  if [ -n "$qemu" ]; then
    status=0
    timeout 300 "$qemu" "$@" >work/output 2>&1 || status=$?
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

# form TYPE INTERPRETER PROGRAM: what the file's headers say. INTERPRETER is yes or no; if yes, it is the toolchain's.
form() {
  local type interpreter=no loader
  type=$("$target-readelf" -hW "$3" | awk '$1 == "Type:" { print $2 }')
  loader=$("$target-readelf" -lW "$3" | sed -nE 's/.*\[Requesting program interpreter: (.*)\]$/\1/p')
  if [ -n "$loader" ]; then
    interpreter=yes
    if [ ! -e "$sysroot$loader" ]; then
      echo "$3 asks for $loader, and the toolchain has no such file" >&2
      return 1
    fi
  fi
  echo "${3##*/}: $type, interpreter: $interpreter" | tee -a "$out/output"
  if [ "$type $interpreter" != "$1 $2" ]; then
    echo "$3 is not $1 with interpreter: $2" >&2
    return 1
  fi
}

# relative PROGRAM: whether a static position-independent program has no other relocations than those that musl's start files
# apply. They pass over the rest, among which only names that are nowhere defined, and empty slots, do no harm.
relative() {
  "$target-readelf" -rW "$1" | awk '
    $3 !~ /^R_/ || $3 ~ /_(RELATIVE|NONE)$/ || $3 == "R_MICROBLAZE_REL" || ($3 == "R_MIPS_REL32" && NF == 3) { next }
    $3 !~ /TLS|DTP|TPOFF|TPREL/ && NF > 4 && $4 ~ /^0+$/ { next }
    { print; found = 1 }
    END { exit found }' >work/relocations || {
    head -n 20 work/relocations >&2
    echo "$1: musl's start files do not apply these relocations" >&2
    return 1
  }
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
  "$compiler" "${warnings[@]}" -fPIE -static -pie "$source" -o "$name.static-and-pie" "$@"
  form DYN no "$name.static-and-pie"
  relative "$name.static-pie"
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
