# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir -p root "$out"
list=$PWD/list manifest=$PWD/files
: >"$list"
: >"$manifest"

# list_file PATH ORIGIN LICENCE: the file root/PATH comes from there.
list_file() {
  local path=$1 mode=0644
  # The writer reads words. Names of other files would be another file's, or lost.
  case $path in *[[:space:]]*)
    echo "error: the name of '/$path' contains white space, which the writer of the archive cannot take" >&2
    return 1
    ;;
  esac
  if [ -x "root/$path" ]; then mode=0755; fi
  echo "file /$path root/$path $mode 0 0" >>"$list"
  printf '/%s\t%s\t%s\t%s\t%s\n' "$path" "$mode" "$(sha256sum "root/$path" | cut -d ' ' -f 1)" "$2" "$3" >>"$manifest"
}

# add FOLDER ORIGIN LICENCE: the files of root/FOLDER come from there.
add() {
  local path
  while IFS= read -r path; do
    list_file "$path" "$2" "$3"
  done < <(cd root && find "$1" -type f)
}

mkdir -p root/bin root/lib
cp "$runtime/bin/qjs" root/bin/qjs
chmod 0755 root/bin/qjs
add bin "$origin" "$licence"

# A runtime that is not static brings its loader and libraries.
if [ -d "$runtime/lib" ]; then
  cp -r --no-preserve=mode "$runtime/lib/." root/lib
  chmod 0755 root/lib/*
  add lib "$origin" "$licence"
fi

cp "$init" root/init
cp -r --no-preserve=mode "$library" root/lib/system
cp "$shared" root/lib/system/first-process.mjs
chmod 0755 root/init
add init crossloom 'MIT OR Apache-2.0'
add lib/system crossloom 'MIT OR Apache-2.0'

mkdir -p root/etc
echo "$host" >root/etc/hostname
echo "127.0.0.1 localhost $host" >root/etc/hosts
# The first process adds the users.
echo 'root:x:0:0::/root:/bin/qjs' >root/etc/passwd
echo 'root:x:0:' >root/etc/group
add etc crossloom 'MIT OR Apache-2.0'

if [ -n "$app" ]; then cp -r --no-preserve=mode "$app" root/app; fi
if [ -n "$home" ]; then cp -r --no-preserve=mode "$home" root/home; fi
# Files that are not text.
if [ -n "$encoded" ]; then
  (cd "$encoded" && find . -type f) >paths
  while IFS= read -r path; do
    mkdir -p "root/${path%/*}"
    base64 -d "$encoded/$path" >"root/$path"
  done <paths
fi

# The licence of the user's own files is the user's to say, in package.json.
if [ -n "$app" ]; then
  own='not stated'
  if [ -e "$app/package.json" ]; then own=$(licence_of "$app/package.json"); fi
  if [ -d root/app/init.d ]; then
    mv root/app/init.d root/etc/init.d
    add etc/init.d "root $host" "$own"
  fi
  add app "root $host" "$own"
fi
if [ -n "$packages" ]; then
  # Each file belongs to the innermost package around it.
  declare -A origins licences
  while IFS=$'\t' read -r place name licence; do
    origins[app/$place]=$name
    licences[app/$place]=$licence
  done <"$packages/origins"
  # Programs in packages stay programs.
  cp -r --no-preserve=ownership,timestamps "$packages/node_modules" root/app/node_modules
  chmod -R u+w root/app/node_modules
  while IFS= read -r path; do
    place=$path
    while [ -z "${origins[$place]:-}" ] && [ "$place" != app ]; do place=${place%/*}; done
    if [ "$place" = app ]; then
      echo "error: '/$path' belongs to no package" >&2
      exit 1
    fi
    list_file "$path" "${origins[$place]}" "${licences[$place]}"
  done < <(cd root && find app/node_modules -type f)
fi
if [ -n "$home" ]; then add home "root $host" 'not stated'; fi

# The kernel opens the first for the first process, and Node.js the second where the first cannot be opened.
echo 'nod /dev/console 0600 0 0 c 5 1' >>"$list"
echo 'nod /dev/null 0666 0 0 c 1 3' >>"$list"
printf '/dev/console\t0600\t%s\t%s\t%s\n' 'c 5 1' crossloom 'MIT OR Apache-2.0' >>"$manifest"
printf '/dev/null\t0666\t%s\t%s\t%s\n' 'c 1 3' crossloom 'MIT OR Apache-2.0' >>"$manifest"

# A folder comes before the files in it, and the order of names is the same everywhere.
mkdir -p root/{dev,home,proc,root,run,sys,tmp}
{
  (cd root && find . -mindepth 1 -type d) | sed 's,^\./,dir /,; s,$, 0755 0 0,'
  cat "$list"
} | LC_ALL=C sort -k 2,2 >sorted
# The option is for everything but files, which keep their own time.
find root -type f -exec touch -d @1 {} +
"$writer" -t 1 sorted >archive
gzip -9n <archive >"$out/initramfs"

{
  printf '# path\tmode\tsha256\tsource\tlicence\n'
  LC_ALL=C sort "$manifest"
} >"$out/manifest.tsv"
