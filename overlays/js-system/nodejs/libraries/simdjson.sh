# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
cd vendor/simdjson || exit
library simdjson simdjson.cpp
cp simdjson.h "$include/"
