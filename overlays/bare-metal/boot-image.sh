# shellcheck shell=bash disable=SC2154,SC2034 # the derivation's attributes arrive as variables, and boot.sh takes `start`

# Firmware and loader write to the disk.
cp --no-preserve=mode "$image/disk.img" "$NIX_BUILD_TOP/disk.img"
start=(-drive "format=raw,if=$disk,file=$NIX_BUILD_TOP/disk.img")
if [ -n "$firmware" ]; then start+=("$firmwareFlag" "$firmware"); fi
