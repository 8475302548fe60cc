# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir "$out"
words "$loaders"
# The loader finds its parts and the kernel by these names.
case $firmware in
uefi) disk-image uefi "$out/disk.img" "$loaderPlace=$(echo "${words[0]}"/*.efi)" "$kernelPlace=$kernel/$program" ;;
bios) disk-image bios "$out/disk.img" "${words[0]}/bootloader-x86_64-bios-boot-sector.bin" \
  "${words[1]}/bootloader-x86_64-bios-stage-2.bin" "boot-stage-3=${words[2]}/bootloader-x86_64-bios-stage-3.bin" \
  "boot-stage-4=${words[3]}/bootloader-x86_64-bios-stage-4.bin" "$kernelPlace=$kernel/$program" ;;
esac
