# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# The package is one of Python's, with the C code that llhttp's generator writes.
cd vendor/llhttp || exit
flags+=(-Ibuild)
library llhttp build/c/llhttp.c src/native/api.c src/native/http.c
cp build/llhttp.h "$include/"
