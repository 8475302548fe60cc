# shellcheck shell=bash disable=SC2154,SC2034 # the derivation's attributes arrive as variables, and its builder reads one
# Every part unpacks the source, so it leaves out a third of the files that no part of the build reads.
mkdir source
tar -xf "$src" -C source --strip-components=1 --no-same-owner --anchored \
  --exclude="nodejs-$version/test" --exclude="nodejs-$version/doc" --exclude="nodejs-$version/benchmark"
sourceRoot=source
