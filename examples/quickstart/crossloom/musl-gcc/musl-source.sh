# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Applies Debian's security fixes. Every patch of Debian's archive has to be named, as one to apply or as one to leave out,
# so that a newer archive cannot bring a fix that nobody looks at.
mkdir "$NIX_BUILD_TOP/debian"
tar -xf "$debian" -C "$NIX_BUILD_TOP/debian" --strip-components=1 debian/patches
patches=$NIX_BUILD_TOP/debian/patches

applied=" "
while read -r fix _; do
  case $fix in '' | '#'*) continue ;; esac
  case " $others " in *" $fix "*) continue ;; esac
  case " $fixes " in
  *" $fix "*) ;;
  *)
    echo "error: Debian's archive has the patch $fix, of which nothing says whether $tree needs it" >&2
    exit 1
    ;;
  esac
  echo "applying $fix"
  # -f asks nothing, and does not take a patch back that is there already.
  if ! patch -p1 -f --no-backup-if-mismatch -i "$patches/$fix"; then
    echo "error: Debian's fix $fix does not apply to $tree" >&2
    echo "hint: unpatched-musl = true in the matrix builds musl without Debian's fixes" >&2
    exit 1
  fi
  applied="$applied$fix "
done <"$patches/series"

for fix in $fixes; do
  case $applied in
  *" $fix "*) ;;
  *)
    echo "error: Debian's archive has no patch $fix for $tree" >&2
    exit 1
    ;;
  esac
done
