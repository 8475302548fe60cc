# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Functions that put a source of Node.js together. source-24.sh still has its own copies: a change there compiles its V8 again.

# add ARCHIVE FOLDER: unpacks an archive without its top directory.
add() {
  if [ -e "$2" ]; then
    echo "error: $tree has a folder $2 already" >&2
    exit 1
  fi
  mkdir -p "$2"
  tar -xf "$1" -C "$2" --strip-components=1 --no-same-owner --no-same-permissions
}

# described FILE TEXT: stops where a change did not find what it was made for.
described() {
  if [ "$(grep -cF -e "$2" "$1")" != 1 ]; then
    echo "error: $1 was not changed as expected: it should have this once: $2" >&2
    exit 1
  fi
}

# patched: applies Debian's patches. Every patch of its archive has to be named, as one to apply or as one to leave out, so that a
# newer archive cannot bring a fix that nobody looks at.
patched() {
  local fix left=" $fixes " folder=$NIX_BUILD_TOP/debian
  mkdir "$folder"
  tar -xf "$debian" -C "$folder" --no-same-owner debian/patches
  while read -r fix _; do
    case $fix in '' | '#'*) continue ;; esac
    case " $others " in *" $fix "*) continue ;; esac
    case $left in
    *" $fix "*) left=${left/ $fix / } ;;
    *)
      echo "error: Debian's archive has the patch $fix, of which nothing says whether $tree needs it: add it to one of the" \
        "lists in generator/src/families/js_system/nodejs/lines.rs" >&2
      exit 1
      ;;
    esac
    echo "applying $fix"
    # -f asks nothing, and does not take a patch back that is there already.
    if ! patch -p1 -f --no-backup-if-mismatch -i "$folder/debian/patches/$fix"; then
      echo "error: Debian's patch $fix does not apply to $tree" >&2
      exit 1
    fi
  done <"$folder/debian/patches/series"
  if [ -n "${left// /}" ]; then
    echo "error: Debian's archive has no patch for $tree with these names:$left" >&2
    exit 1
  fi
}
