# shellcheck shell=bash
# HOSTCC, HOSTLD and HOSTAR of the check kernel-host-tools-darwin: does what it is asked to do for this machine, then the same
# for macOS into a tree of its own, and takes down how that went. What the kernel is told to pass on a Mac arrives as two
# placeholders, so that a flag counts only where the kernel's build hands it on.
#
#   $MIRROR_MODE      cc, ld or ar
#   $MIRROR_REAL      the program of this machine
#   $MIRROR_COMPILER  the compiler for macOS
#   $MIRROR_ARCH      the Mac's processor, as the kernel calls it
#   $MIRROR_CFLAGS, $MIRROR_LDFLAGS  what the placeholders stand for
#   $MIRROR_TREE      where the objects and programs for macOS go
#   $MIRROR_TOP       the kernel's tree
set -eu -o pipefail

real=()
for word in "$@"; do
  case $word in
  -DCROSSLOOM_HOSTCFLAGS | -LCROSSLOOM_HOSTLDFLAGS) ;;
  *) real+=("$word") ;;
  esac
done
"$MIRROR_REAL" "${real[@]}"

# place FILE: where it stands in the kernel's tree; nothing for what stands elsewhere.
place() {
  local path
  path=$(realpath -m -- "$1")
  case $path in "$MIRROR_TOP"/*) echo "${path#"$MIRROR_TOP"/}" ;; esac
}

# What was made: the last -o decides, as for the compiler. Without one it was a question (--version, -E). An archiver has
# no such switch: its archive comes first.
output='' kind=program previous=''
if [ "$MIRROR_MODE" = ar ]; then
  for word in "${real[@]}"; do
    case $word in *.a)
      output=$word
      break
      ;;
    esac
  done
fi
for word in "${real[@]}"; do
  if [ "$previous" = -o ]; then output=$word; fi
  case $word in
  -c) kind=object ;;
  -E | -M | -MM | -S | -fsyntax-only | -print-* | --version) exit 0 ;;
  -) exit 0 ;;
  esac
  previous=$word
done
if [ -z "$output" ]; then exit 0; fi
name=$(place "$output")
# A probe's output is /dev/null or a temporary file.
if [ -z "$name" ]; then exit 0; fi
case ${name##*/} in .*.tmp | .tmp*) exit 0 ;; esac

mirror=$MIRROR_TREE/$name
mkdir -p "${mirror%/*}"

# Objects joined into one, or archived: remembered as a list, since LLVM's linker for macOS has no -r.
if [ "$MIRROR_MODE" != cc ]; then
  : >"$mirror.joined"
  for word in "${real[@]}"; do
    case $word in
    -* | "$output") ;;
    *.o | *.a) place "$word" >>"$mirror.joined" ;;
    esac
  done
  exit 0
fi

# input NAME: the mirror's files for one of the kernel's tree.
input() {
  local part
  if [ -e "$MIRROR_TREE/$1.joined" ]; then
    while read -r part; do input "$part"; done <"$MIRROR_TREE/$1.joined"
  else
    printf '%s\n' "$MIRROR_TREE/$1"
  fi
}

words=()
previous=''
for word in "$@"; do
  case $word in
  -DCROSSLOOM_HOSTCFLAGS)
    read -r -d '' -a flags <<<"$MIRROR_CFLAGS" || true
    words+=("${flags[@]}")
    ;;
  -LCROSSLOOM_HOSTLDFLAGS)
    read -r -d '' -a flags <<<"$MIRROR_LDFLAGS" || true
    words+=("${flags[@]}")
    ;;
  # The real compiler's lists of what was read are make's.
  -Wp,-M*) ;;
  -MD | -MMD) ;;
  # How Linux's linker is chosen and told.
  -fuse-ld=*) ;;
  -Wl,-rpath*) ;;
  # A warning that the kernel asks of GCC alone, and GCC is what compiles for this machine.
  -Wstrict-aliasing=*) ;;
  # tools/ looks up the build machine's processor, which is this machine's here and the Mac's there.
  -I*/tools/arch/*/include/uapi) words+=("${word%/arch/*}/arch/$MIRROR_ARCH/include/uapi") ;;
  -*) words+=("$word") ;;
  *.o | *.a)
    if [ "$previous" = -o ]; then
      words+=("$mirror")
    elif inside=$(place "$word") && [ -n "$inside" ]; then
      while read -r part; do words+=("$part"); done < <(input "$inside")
    else
      words+=("$word")
    fi
    ;;
  *)
    if [ "$previous" = -o ]; then words+=("$mirror"); else words+=("$word"); fi
    ;;
  esac
  previous=$word
done

# This machine's headers and libraries must not be taken for a Mac's.
if env -u CPATH -u C_INCLUDE_PATH -u LIBRARY_PATH "$MIRROR_COMPILER" "${words[@]}" >"$mirror.log" 2>&1; then
  status=ok
else
  status=failed
  rm -f "$mirror"
fi
printf '%s\t%s\t%s\n' "$kind" "$status" "$name" >"$mirror.result"
