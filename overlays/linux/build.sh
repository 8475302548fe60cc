# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

goals=("${image##*/}" vmlinux)
if grep -q '^CONFIG_MODULES=y' .config; then goals+=(modules); fi
if [ -n "$deviceTrees" ]; then goals+=(dtbs); fi
if grep -q '^CONFIG_GDB_SCRIPTS=y' .config; then goals+=(scripts_gdb); fi
kernelMake "${goals[@]}"
