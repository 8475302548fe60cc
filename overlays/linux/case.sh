# shellcheck shell=bash
# For the phase that unpacks a kernel: macOS's own file system takes names that differ by case alone for one file. A
# kernel's source holds such pairs (include/uapi/linux/netfilter/xt_CONNMARK.h and xt_connmark.h, net/netfilter/xt_DSCP.c
# and xt_dscp.c, …). Unpacked there, the second of a pair overwrites the first, and tar says nothing: a build would take
# one file's text for the other's, and fail far from the cause or not at all.

# case_sensitive DIR: 0 if such names are two files in DIR, 1 if they are one, 2 if DIR can't be written.
case_sensitive() {
  local probe answer=0
  probe=$(mktemp -d "$1/case-probe.XXXXXX") || return 2
  : >"$probe/a-probe" || return 2
  if [ -e "$probe/A-probe" ]; then answer=1; fi
  # By its own name: what an insensitive place lists is not what was asked for.
  rm -f "$probe/a-probe"
  rmdir "$probe"
  return "$answer"
}

# need_case_sensitive DIR: before anything is unpacked in DIR; an error with the way out if it would come out wrong.
# A builder can't help itself: hdiutil, which makes case-sensitive images, is outside of Nix's sandbox.
need_case_sensitive() {
  local answer=0
  case_sensitive "$1" || answer=$?
  case $answer in
  0) return 0 ;;
  1)
    cat >&2 <<END
error: $1 takes names that differ by case alone for one file, and the Linux kernel's source has such names
hint: make a case-sensitive volume (diskutil apfs addVolume disk3 'Case-sensitive APFS' nixbuild) and have Nix build
there: 'build-dir = /Volumes/nixbuild' in nix.conf
END
    ;;
  *) echo "error: $1 can't be written, so there is no telling whether names that differ by case are one file" >&2 ;;
  esac
  return 1
}

# case_collisions: of the names on standard input, one a line, those that differ from another by case alone; those of
# one file beside each other. Directories with such names make collisions of all that is below them.
case_collisions() {
  awk '{ folded = tolower($0); names[folded] = names[folded] $0 "\n"; count[folded]++ }
    END { for (folded in count) if (count[folded] > 1) printf "%s", names[folded] }' | LC_ALL=C sort -f
}
