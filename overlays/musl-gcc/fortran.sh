# shellcheck shell=bash disable=SC2154 # the derivation's attributes and what ways.sh declares arrive as variables

fortran=$target-gfortran
export TMPDIR=$PWD/work

check 'hello from Fortran, 2.25, 54.0, sum 55, 4' "$fortran" "$programs/hello.f90" -J work

# 113 bits are 33 digits, whether the processor, the compiler or libquadmath computes with them.
bits=$("$target-gcc" -dM -E -x c /dev/null | awk '$2 == "__LDBL_MANT_DIG__" { print $3 }')
# GCC has these modules where it knows the processor's floating-point environment, or the C library has functions of glibc's.
case $target in
x86_64-* | i?86-*)
  bits=113
  check 'ieee T F' "$fortran" "$programs/ieee.f90"
  ;;
*)
  if "$fortran" "$programs/ieee.f90" -o work/ieee 2>work/errors; then
    echo "error: there are modules for IEEE arithmetic now, and nothing here tests them" >&2
    exit 1
  fi
  grep -q "Cannot open module file 'ieee_arithmetic.mod'\|Cannot find an intrinsic module named 'ieee_arithmetic'" work/errors ||
    { cat work/errors >&2; exit 1; }
  ;;
esac

if [ "$bits" = 113 ]; then
  check 'wide 33 1.41421356237309504880168872420970' "$fortran" "$programs/wide.f90"
else
  check 'wide ' "$fortran" "$programs/wide.f90"
fi

if has libgomp; then check 'parallel 5050 with 3 threads' "$fortran" "$programs/parallel.f90" -fopenmp; fi

"$fortran" "${warnings[@]}" -fPIC -c "$programs/called.f90" -o work/called.o
check 'C has number 42 by Fortran' "$fortran" "$programs/calls.c" work/called.o
# A shared object in Fortran, for a program that is linked as C.
"$fortran" -shared work/called.o -o work/libcalled.so
"$target-gcc" "${warnings[@]}" "$programs/calls.c" -Lwork -lcalled -Wl,-rpath-link,"$sysroot/lib" -o work/calls
dynamic 'C has number 42 by Fortran' work/calls
