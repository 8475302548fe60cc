# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
cd lib || exit
flags+=(-I. -Icommon -DZSTD_MULTITHREAD -DZSTD_DISABLE_ASM -DXXH_NAMESPACE=ZSTD_)
library zstd {common,compress,decompress,dictBuilder}/*.c
cp zstd.h zstd_errors.h zdict.h "$include/"
