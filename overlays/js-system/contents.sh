# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir work "$out"
gzip -d <"$initramfs/initramfs" >archive
cpio --quiet -itvn <archive >listing
# Only the first user may make device nodes.
(cd work && cpio --quiet -idm --no-absolute-filenames -f dev/console /dev/console dev/null /dev/null <../archive)

# Everything but folders, as the manifest says it.
(cd work && find . -type f -o -type l) | sed 's,^\.,,' | while IFS= read -r path; do
  if [ -L "work$path" ]; then
    printf '%s\t%s\t-> %s\n' "$path" 0777 "$(readlink "work$path")"
  else
    printf '%s\t0%s\t%s\n' "$path" "$(stat -c %a "work$path")" "$(sha256sum "work$path" | cut -d ' ' -f 1)"
  fi
done >found
# Type, owners, and the numbers of the devices.
awk '/dev\/console$/ && $1 == "crw-------" { gsub(",", "", $5); printf "/dev/console\t0600\tc %s %s\n", $5, $6 }
  /dev\/null$/ && $1 == "crw-rw-rw-" { gsub(",", "", $5); printf "/dev/null\t0666\tc %s %s\n", $5, $6 }' listing >>found
LC_ALL=C sort found >sorted
tail -n +2 "$initramfs/manifest.tsv" | cut -f 1-3 >listed
diff listed sorted || {
  echo 'error: the initramfs (>) does not hold what its manifest (<) lists' >&2
  exit 1
}
if awk '$3 != 0 || $4 != 0' listing | grep .; then
  echo 'error: these do not belong to the first user' >&2
  exit 1
fi
if grep -v 'Jan  1  1970' listing; then
  echo 'error: these have a time' >&2
  exit 1
fi
if awk -F '\t' 'NF != 5 || $4 == "" || $5 == ""' <(tail -n +2 "$initramfs/manifest.tsv") | grep .; then
  echo 'error: these have no source or no licence' >&2
  exit 1
fi
wc -l <listed | sed 's/$/ files/' | tee "$out/output"
