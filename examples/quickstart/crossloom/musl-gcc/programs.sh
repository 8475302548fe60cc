# shellcheck shell=bash disable=SC2154 # the derivation's attributes and what ways.sh declares arrive as variables

check 'hello from C, ' "$target-gcc" "$programs/hello.c"
# What the matrix says of position-independent programs.
form "$([ -n "$pie" ] && echo DYN || echo EXEC)" yes work/hello.c.dynamic
check 'libc 10 1, 7, 2, 5368709121' "$target-gcc" "$programs/libc.c"
check 'numbers -1 1 -2 2, 001 of 70, 00:00:07, -62135596800' "$target-gcc" "$programs/numbers.c"
# Headers of the kernel, for those who include them before musl's and after.
for order in '' -DKERNEL_LAST; do "$target-gcc" -Wall -Werror $order -c "$programs/headers.c" -o work/headers.o; done
# What musl's loader cannot do is an error of the compiler.
if "$target-gcc" -c "$programs/ifunc.c" -o work/ifunc.o 2>work/errors; then
  echo 'the compiler takes ifunc, and no program with it runs' >&2
  exit 1
fi
grep -q 'ifunc.* is not supported' work/errors || { cat work/errors >&2; exit 1; }
# The assembler and the linker by themselves take the same ABI as the compiler.
"$target-gcc" -O2 -S "$programs/hello.c" -o work/hello.s
"$target-as" work/hello.s -o work/hello.o
"$target-ld" -r work/hello.o -o work/part.o
"$target-gcc" -static work/part.o -o work/part
expect 'hello from C, ' work/part
if has libgomp; then
  check 'openmp 5050 with 3 threads' "$target-gcc" "$programs/openmp.c" -fopenmp
  case $target in
  # GCC has no binding of threads there.
  i386-* | m68k* | microblaze* | or1k* | riscv32* | sh*) ;;
  *)
    # The first processor that this check may use: there may be no list of them all here.
    first=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*\([0-9]*\).*/\1/p' /proc/self/status)
    OMP_PLACES="{$first}" OMP_PROC_BIND=close check 'affinity: places 1, bound 2' "$target-gcc" "$programs/affinity.c" -fopenmp
    ;;
  esac
fi
if has libatomic; then check 'swaps of 1, 2, 4 and 8 bytes' "$target-gcc" "$programs/swap.c" -latomic; fi
if has libquadmath; then
  check 'quadmath 0.333333333333333333333333333333 1.414213562373095048801688724210' "$target-gcc" "$programs/quadmath.c" \
    -lquadmath
fi
if has libitm; then check 'transactions 2000 4000' "$target-gcc" "$programs/transaction.c" -fgnu-tm; fi
if [ -n "$fixed" ]; then
  check 'iconv is right' "$target-gcc" "$programs/iconv.c"
  check 'qsort is right' "$target-gcc" "$programs/qsort.c"
fi

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
  for how in -pie -static -static-pie; do
    if "$target-gcc" -fPIE -fsanitize=$sanitizer $how "$programs/overflow.c" -o work/sanitized 2>work/errors; then
      echo "-fsanitize=$sanitizer $how links, and nothing here runs it" >&2
      exit 1
    fi
    # A processor without this sanitizer, and one that can't be static, are messages of the compiler's own.
    if ! grep -qE 'no runtime library for musl|not supported for this target|unrecognized|cannot specify .?-static' work/errors; then
      cat work/errors >&2
      echo "-fsanitize=$sanitizer $how does not say why it does not link" >&2
      exit 1
    fi
  done
done
case $target in
# GCC's trap is an endless loop there.
microblaze*) echo 'overflow.c: not run, as __builtin_trap does not end a program' | tee -a "$out/output" ;;
*)
  "$target-gcc" -fsanitize=undefined -fsanitize-trap=undefined -static "$programs/overflow.c" -o work/overflow
  expect SIGNAL work/overflow
  ;;
esac

# quadwords: whether programs with atomic operations on 16 bytes can run. QEMU 7.2 never lets those of 64-bit PowerPC succeed,
# and a program waits for ever.
quadwords() {
  case $target in powerpc64*) ;; *) return 0 ;; esac
  "$target-gcc" "${warnings[@]}" -mcpu=power8 -static "$programs/quadword.c" -o work/quadword || exit 1
  if "${qemu:-env}" work/quadword; then return 0; fi
  "$target-g++" "${warnings[@]}" -static "$programs/atomic.cc" -o work/atomic.cc.static -latomic || exit 1
  echo "atomic.cc was linked and not run: what runs programs here has no stqcx. that works" | tee -a "$out/output"
  return 1
}

if [ -n "$cxx" ]; then
  check 'hello from C++, sum 60' "$target-g++" "$programs/hello.cc"
  check 'locale € 1.5' "$target-g++" "$programs/locale.cc"
  check 'locales € 1 4 1' "$target-g++" "$programs/locales.cc"
  check 'locales beside a reader of numbers: 0 wrong' "$target-g++" "$programs/threads.cc"
  check 'semaphore 0 1' "$target-g++" "$programs/semaphore.cc" -std=c++20
  check 'virtual 4 1' "$target-g++" "$programs/virtual.cc"
  check 'numbers 0.1 0.1 1.25 -123456.75 -1.5 1p+0 1p+0 2.500000' "$target-g++" "$programs/numbers.cc" -std=c++20
  check 'zones 2026a 05:45 +0545 23:30 -0030 21:00 -03 02:00 TEST' "$target-g++" "$programs/zones.cc" -std=c++20 \
    "-DZONES=\"$programs\""
  # std::random_device asks the kernel for its entropy.
  "$target-nm" -u "$("$target-g++" -print-file-name=libstdc++.a)" >work/undefined
  if ! grep -qw ioctl work/undefined; then
    echo 'std::random_device does not ask for the entropy' >&2
    exit 1
  fi
  check 'copy 1 of 5368709121 bytes' "$target-g++" "$programs/copy.cc" -std=c++17
  if has libatomic && quadwords; then check 'atomic 2000 4000 2000' "$target-g++" "$programs/atomic.cc" -latomic; fi
  # Installed by GCC 15 and newer.
  if [ "$("$target-gcc" -dumpversion | cut -d . -f 1)" -ge 15 ]; then
    modules=(-std=c++23 -fmodules)
    "$target-g++" "${warnings[@]}" "${modules[@]}" -fPIC -fsearch-include-path -c bits/std.cc -o work/std.o
    check 'module 3' "$target-g++" "$programs/module.cc" "${modules[@]}" work/std.o
  fi
  # With the C++ library shared between both, and with a static one in the shared object.
  protector=(-fstack-protector-strong)
  answer='shared 44 41, out of the shared object, 4, guarded'
  # GCC has no stack protector there, and warns. What is written past the array may end the process all the same, or not.
  case $target in microblaze*) protector=() answer=${answer%guarded} ;; esac
  for how in -shared-libgcc '-static-libstdc++'; do
    "$target-g++" "${warnings[@]}" -fPIC -shared "${protector[@]}" $how "$programs/shared.cc" -o work/libshared.so
    "$target-g++" "${warnings[@]}" -fPIE -pie "${protector[@]}" "$programs/uses-shared.cc" -Lwork -lshared \
      -o work/uses-shared
    dynamic "$answer" work/uses-shared
  done
fi
