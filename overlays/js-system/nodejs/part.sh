# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# gyp names files by their whole paths.
release=$PWD/out/Release
targets=()
for goal in $goals; do targets+=("$release/$goal"); done
for entry in $objects; do
  # NAME=2/3
  name=${entry%%=*} slice=${entry#*=}
  list=$(find out -name "$name.target.mk")
  if [ ! -f "$list" ]; then
    echo "error: gyp wrote no file for its target $name" >&2
    exit 1
  fi
  count=0
  while read -r object _; do
    # shellcheck disable=SC2016 # make's words
    case $object in '$(obj).target/$(TARGET)/'*) ;; *) continue ;; esac
    if [ $((count++ % ${slice#*/})) = $((${slice%/*} - 1)) ]; then targets+=("$release/obj.target/$name/${object#*)/}"); fi
  done < <(sed -n '/^OBJS := /,/^$/p' "$list")
  if [ "$count" = 0 ]; then
    echo "error: gyp's target $name has no objects" >&2
    exit 1
  fi
done
run_make "${targets[@]}"
