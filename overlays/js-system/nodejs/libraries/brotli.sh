# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
cd c || exit
flags+=(-Iinclude -DOS_LINUX)
library brotlicommon common/*.c
library brotlidec dec/*.c
library brotlienc enc/*.c
cp -r include/brotli "$include/"
