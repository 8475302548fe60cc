# shellcheck shell=bash disable=SC2154,SC1091
source "$stdenv/setup"
genericBuild
