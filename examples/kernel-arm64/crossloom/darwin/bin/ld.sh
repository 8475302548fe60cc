# shellcheck shell=bash
# LLVM's linker for Mach-O, with the defaults of one target; and for -static, which it does not know, the static
# executable that Apple's linker makes: linked as an ordinary one, with its load commands edited afterwards.
set -eu

# Configure scripts ask for the version alone.
if [ "$*" = -v ]; then exec "@lld@/bin/ld64.lld" --version; fi

static='' arch='' platform='' sdk='' output=a.out base='' stack='' stack_size='' entry=''
rest=()
while [ $# -gt 0 ]; do
  case $1 in
  -static) static=1 ;;
  -arch) arch=$2; rest+=("$1" "$2"); shift ;;
  -platform_version) platform=1; rest+=("$1" "$2" "$3" "$4"); shift 3 ;;
  # Old spellings, which LLVM's linker refuses.
  -macosx_version_min | -macos_version_min) platform=1; rest+=(-platform_version macos "$2" "$2"); shift ;;
  -syslibroot) sdk=1; rest+=("$1" "$2"); shift ;;
  -o) output=$2; rest+=("$1" "$2"); shift ;;
  -image_base) base=$2; shift ;;
  -stack_addr) stack=$2; shift ;;
  -stack_size) stack_size=$2; shift ;;
  -e) entry=$2; shift ;;
  # Which of Apple's two linkers: there is one here.
  -new_linker | -ld_classic) ;;
  *) rest+=("$1") ;;
  esac
  shift
done
[ -n "$arch" ] || rest=(-arch "@arch@" "${rest[@]}")
[ -n "$platform" ] || rest+=(-platform_version macos "@minimum@" "@minimum@")
if [ -z "$static" ]; then
  [ -n "$sdk" ] || rest+=(-syslibroot "${SDKROOT:-@sdk@}")
  [ -z "$entry" ] || rest+=(-e "$entry")
  [ -z "$base" ] || rest+=(-image_base "$base")
  [ -z "$stack" ] || rest+=(-stack_addr "$stack")
  [ -z "$stack_size" ] || rest+=(-stack_size "$stack_size")
  exec "@lld@/bin/ld64.lld" "${rest[@]}"
fi

# lld places an executable right behind page zero, so page zero is made large enough for the address that is wanted; the
# editor gives it its own size back. Apple's linker adds page zero's 4 GiB to the base it is told. The padding is room
# for the commands that are added.
"@lld@/bin/ld64.lld" "${rest[@]}" -no_pie -e "${entry:-start}" -headerpad 0x400 \
  -pagezero_size "$(printf '0x%x' $((${base:-0} + 0x100000000)))" \
  -no_function_starts -no_data_in_code_info
edit=()
[ -z "$stack" ] || edit+=(--stack-addr "$stack")
[ -z "$stack_size" ] || edit+=(--stack-size "$stack_size")
exec "@staticMacho@/bin/static-macho" make "${edit[@]}" "$output" -o "$output"
