# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
flags+=(-DHAVE_UNISTD_H -DHAVE_STDARG_H -D_LARGEFILE64_SOURCE=1)
library z ./*.c
cp zlib.h zconf.h "$include/"
