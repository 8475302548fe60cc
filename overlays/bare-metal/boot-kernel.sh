# shellcheck shell=bash disable=SC2154,SC2034 # the derivation's attributes arrive as variables, and boot.sh takes `start`

start=(-kernel "$kernel/$program")
