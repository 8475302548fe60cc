# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
cd deps || exit
library ada ada.cpp
cp ada.h ada_c.h "$include/"
