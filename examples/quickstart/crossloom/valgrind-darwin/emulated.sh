# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

# The emulator, as the generation of macOS that the tools are for.
emulate() {
  python3 -m emulator --release "$release" "$@"
}

# run STATUS TOOL ARG…: one tool under the emulator. Its report is in work/report, its client's output in work/stdout.
run() {
  local wanted=$1 tool=$2 status=0
  shift 2
  echo "\$ $tool $*" >>"$out/output"
  emulate --output /guest="$PWD/work/client" --output /tmp="$PWD/work/tmp" "$tools/$tool-amd64-darwin" -- "$@" \
    >work/stdout 2>work/report || status=$?
  cat work/stdout work/report >>"$out/output"
  echo "status $status" >>"$out/output"
  if [ "$status" != "$wanted" ]; then
    cat work/stdout work/report
    echo "$tool $*: status $status, expected $wanted" >&2
    return 1
  fi
}

# says FILE TEXT…: every text is in the output of the last run.
says() {
  local file=work/$1 text
  shift
  for text in "$@"; do
    if ! grep -qF -e "$text" "$file"; then
      cat "$file"
      echo "expected '$text' in the output above" >&2
      return 1
    fi
  done
}

# The line of a client's source on which a text stands.
line() {
  local found
  found=$(grep -nF -e "$2" "$emulator/client/$1")
  echo "${found%%:*}"
}

mkdir -p work/unicorn work/client work/tmp "$out"
tools=$valgrind/libexec/valgrind
python3 -m zipfile -e "$unicorn" work/unicorn
cp -r "$emulator" work/emulator
export PYTHONPATH=$PWD/work/unicorn:$PWD/work PYTHONDONTWRITEBYTECODE=1

# Unicorn's library asks for parts of the C library by names that Python does not: they lie beside what it has loaded.
libc=$(python3 -c 'print(next(line.split()[-1] for line in open("/proc/self/maps") if "/libc.so" in line))')
export LD_LIBRARY_PATH=${libc%/*}

# Static programs; their debugging data is where dsymutil puts it on a Mac.
cp "$emulator"/client/* work/client/
chmod -R u+w work/client
for client in kernel buggy fixed heap crash; do
  (
    cd work/client || exit
    "$target-clang" -g -O0 -ffreestanding -fno-stack-protector -Wall -Wextra -Werror -isystem "$valgrind/include" \
      -DRELEASE="\"$release\"" -c "$client.c" -o "$client.o"
    "$target-ld" -static -e start -stack_addr 0x120000000 -stack_size 0x800000 -o "$client" "$client.o"
    "$target-dsymutil" "$client"
  )
done

echo "== the emulator itself"
python3 -m unittest discover -s work/emulator/tests -t work 2>&1 | sed 's/ in [0-9.]*s$//' | tee -a "$out/output"
status=0
emulate work/client/kernel >work/stdout || status=$?
[ "$status" = 0 ] || { cat work/stdout; exit 1; }
says stdout 'memory, signals and files are as on Darwin'
# A call that nobody answers ends the run, and is named.
status=0
emulate work/client/kernel -- socket >work/stdout 2>work/report || status=$?
[ "$status" = 125 ] || { echo "an unknown call gave status $status, expected 125" >&2; exit 1; }
says report 'BSD system call 97 (socket) is not implemented' 'rdi=0x1 rsi=0x2'

echo "== --help of every tool"
help() {
  run 0 "$1" --help
  says stdout 'usage: valgrind [options] prog-and-args' "$2"
  echo "$1: --help, status 0"
}
help memcheck '--leak-check=no|summary|full'
help helgrind '--history-level=none|approx|full'
help drd '--check-stack-var=yes|no'
help massif '--pages-as-heap=no|yes'
help dhat '--dhat-out-file=<file>'
help cachegrind '--cachegrind-out-file=<file>'
help callgrind '--dump-instr=no|yes'
help lackey '--basic-counts=no|yes'
help none '(none)'
help exp-bbv '--bb-out-file=<file>'

echo "== memcheck finds the bug"
# The value's origin is where main makes room on the stack: its opening brace.
bug='Conditional jump or move depends on uninitialised value(s)'
run 7 memcheck --track-origins=yes ./buggy word
says report "$bug" "main (buggy.c:$(line buggy.c 'if (sum('))" \
  'Uninitialised value was created by a stack allocation' "main (buggy.c:$(($(line buggy.c 'int main(') + 1)))" \
  'ERROR SUMMARY: 1 errors from 1 contexts'
says stdout small word
cat work/report
run 9 memcheck --error-exitcode=9 ./buggy
says report "$bug" 'ERROR SUMMARY: 1 errors from 1 contexts'

echo "== and nothing in the program without it"
run 0 memcheck --track-origins=yes --error-exitcode=9 ./fixed word
says report 'ERROR SUMMARY: 0 errors from 0 contexts'
says stdout large word
cat work/report

echo "== memcheck follows blocks, leaks and signals"
run 3 memcheck --leak-check=full ./heap
says report 'Invalid write of size 1' "main (heap.c:$(line heap.c 'past the block'))" \
  '0 bytes after a block of size 40 alloc' 'Invalid read of size 1' "main (heap.c:$(line heap.c 'after its release'))" \
  '0 bytes inside a block of size 8 free' '40 bytes in 1 blocks are definitely lost' \
  'still reachable: 24 bytes in 1 blocks' 'ERROR SUMMARY: 3 errors from 3 contexts'
cat work/report
# 139 is a shell's status for signal 11: Valgrind caught the program's, and then ends as the program would have.
run 139 memcheck ./crash
says report 'Invalid write of size 4' "main (crash.c:$(line crash.c 'the fault'))" \
  'Process terminating with default action of signal 11 (SIGSEGV)' 'Access not within mapped region at address 0x40'
cat work/report

echo "== the other tools on a program"
program() {
  run 0 "$@"
  says stdout large word
  echo "${*}: status 0"
}
program none ./fixed word
program helgrind ./fixed word
says report 'ERROR SUMMARY: 0 errors from 0 contexts'
program drd ./fixed word
says report 'ERROR SUMMARY: 0 errors from 0 contexts'

# Four tools count the program's instructions, each in a way of its own, and must agree.
program lackey ./fixed word
instructions=$(sed -n 's/.*guest instrs: *//p' work/report)
[ "${instructions:-0}" -gt 100 ] || { echo "lackey counted no instructions" >&2; exit 1; }
program cachegrind --cache-sim=yes --cachegrind-out-file=cachegrind.out ./fixed word
says report "I refs:        $instructions" 'D refs:'
says client/cachegrind.out 'fn=main' "summary: $instructions "
program exp-bbv --interval-size=100 --bb-out-file=bb.out ./fixed word
says report "Total instructions: $instructions"
says client/bb.out 'T:1:5 '
program dhat --dhat-out-file=dhat.out ./fixed word
says client/dhat.out "\"te\":$instructions"
program massif --stacks=yes --massif-out-file=massif.out ./fixed word
says client/massif.out 'cmd: ./fixed word' 'mem_stacks_B='
run 3 massif --massif-out-file=massif.out ./heap
says client/massif.out 'mem_heap_B=72' ': allocate (heap.c:'
program callgrind --dump-instr=yes --callgrind-out-file=callgrind.out ./fixed word
says client/callgrind.out 'fixed.c' 'calls=1 '
