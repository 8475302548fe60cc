# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
top=$PWD
mirror=$NIX_BUILD_TOP/mirror
mkdir "$mirror"

# The wrapper under its two names.
bin=$NIX_BUILD_TOP/bin
mkdir "$bin"
# script NAME MODE REAL
script() {
  {
    echo "#!$SHELL"
    printf 'export MIRROR_MODE=%q MIRROR_REAL=%q MIRROR_COMPILER=%q\n' "$2" "$(type -P "$3")" "$compiler"
    printf 'export MIRROR_CFLAGS=%q MIRROR_LDFLAGS=%q\n' "$hostCFlags" "${hostLdFlags:-}"
    printf 'export MIRROR_ARCH=%q\n' "$hostArch"
    printf 'export MIRROR_TREE=%q MIRROR_TOP=%q\n' "$mirror" "$top"
    printf 'exec %q %q "$@"\n' "$SHELL" "$wrapper"
  } >"$bin/$1"
  chmod +x "$bin/$1"
}
script hostcc cc cc
script hostld ld ld
script hostar ar ar

# A sandbox has /bin/sh and nothing else of what scripts name in their first lines.
grep -rlE '^#! ?/(usr/bin/env|usr/bin/perl|bin/bash|usr/bin/awk)' arch scripts tools usr | while read -r file; do
  sed -i -E -e "1s|^#! ?/usr/bin/env |#!$(type -P env) |" -e "1s|^#! ?/bin/bash|#!$SHELL|" \
    -e "1s|^#! ?/usr/bin/(perl\|awk)|#!$(type -P env) -S \\1|" "$file"
done

# One more target in the kernel's Makefile, where its variables are: tools that building a kernel makes only when it
# comes to their directory.
{
  echo
  # shellcheck disable=SC2016 # make's variables
  {
    echo 'ifeq ($(need-sub-make),)'
    echo 'crossloom-host-tools: prepare scripts'
    for file in ${generated:-}; do printf '\t+$(Q)$(MAKE) $(build)=%s %s\n' "${file%:*}" "${file/://}"; done
    for tool in $tools; do
      # By its name alone, or the configuration would have a say in whether there is such a program.
      printf '\t+$(Q)$(MAKE) $(build)=%s hostprogs=%s %s\n' "${tool%:*}" "${tool#*:}" "${tool/://}"
    done
    echo 'endif'
  }
} >>Makefile

flags=(
  "ARCH=$arch"
  LLVM=1
  "HOSTCC=$bin/hostcc"
  "HOSTLD=$bin/hostld"
  "HOSTAR=$bin/hostar"
  HOSTCFLAGS=-DCROSSLOOM_HOSTCFLAGS
  HOSTLDFLAGS=-LCROSSLOOM_HOSTLDFLAGS
)
make "${flags[@]}" defconfig >"$NIX_BUILD_TOP/log" 2>&1 || { tail -n 50 "$NIX_BUILD_TOP/log" >&2; exit 1; }
make -j"$NIX_BUILD_CORES" "${flags[@]}" crossloom-host-tools >"$NIX_BUILD_TOP/log" 2>&1 || {
  tail -n 50 "$NIX_BUILD_TOP/log" >&2
  exit 1
}

find "$mirror" -name '*.result' -print0 | xargs -0 cat | sort -t "$(printf '\t')" -k 3 >"$NIX_BUILD_TOP/results"

# reason TOOL: why it is known not to build; nothing if it has to.
reason() {
  local place why
  while read -r place why; do
    if [ "$place" = "$1" ]; then echo "$why"; fi
  done <<<"$notBuilt"
}

# first NAME: the first error of its compiler or linker, without places of this build.
first() {
  grep -m 1 -E 'error:|undefined symbol' "$mirror/$1.log" | sed -e "s#$top/##g" -e "s#$mirror/##g" ||
    head -n 1 "$mirror/$1.log"
}

programs=0 built=0 objects=0 compiled=0 wrong=0
while IFS=$'\t' read -r kind status name; do
  if [ "$kind" = object ]; then
    objects=$((objects + 1))
    if [ "$status" = ok ]; then
      compiled=$((compiled + 1))
    else
      echo "not compiled: $name: $(first "$name")" | tee -a "$out/output"
    fi
    continue
  fi
  programs=$((programs + 1))
  why=$(reason "$name")
  if [ "$status" = ok ]; then
    # Both linkers exist here: what came out must be a Mac's.
    case $(file -b "$mirror/$name") in
    Mach-O*executable*) ;;
    *)
      echo "$name: linked, but no Mach-O executable" >&2
      wrong=1
      ;;
    esac
    built=$((built + 1))
    if [ -n "$why" ]; then
      echo "$name compiles and links, but is listed as not built: $why" >&2
      wrong=1
    fi
  else
    echo "not built: $name: $(first "$name")" | tee -a "$out/output"
    if [ -z "$why" ]; then
      echo "$name has to compile and link for macOS" >&2
      tail -n 20 "$mirror/$name.log" >&2
      wrong=1
    else
      echo "  known: $why" | tee -a "$out/output"
    fi
  fi
done <"$NIX_BUILD_TOP/results"

# A list that names what is not there would hide that a tool moved.
for tool in $tools; do
  [ -e "$mirror/${tool/://}.result" ] || {
    echo "${tool/://} was not seen to be built" >&2
    wrong=1
  }
done
while read -r place why; do
  [ -e "$mirror/$place.result" ] || echo "not asked for here: $place ($why)" | tee -a "$out/output"
done <<<"$notBuilt"

echo "$compiled of $objects objects compile for macOS" | tee -a "$out/output"
echo "$built of $programs host tools compile and link for macOS" | tee -a "$out/output"
if [ "$programs" = 0 ] || [ "$wrong" != 0 ]; then exit 1; fi
