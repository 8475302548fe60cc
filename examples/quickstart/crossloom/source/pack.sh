# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Packs the folder that the source was unpacked to as one archive. Owners, modes and times do not depend on the build. All files
# are of one age, so that make takes no generated file for an old one.
here=$PWD
cd ..
if [ "${here##*/}" != "$tree" ]; then mv "$here" "$tree"; fi
tar --sort=name --format=gnu --mtime=@1 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -cf - "$tree" | gzip -n -1 >"$out"
