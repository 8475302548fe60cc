# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
flags+=(-Iinclude -D_GNU_SOURCE)
library hdr_histogram src/hdr_{encoding,histogram,histogram_log_no_op,interval_recorder,thread,time,writer_reader_phaser}.c
cp -r include/hdr "$include/"
