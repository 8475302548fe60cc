# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# The bytes of a program as they stand in memory. The generic formats are known on build machines of every architecture.

case $(od -An -tu1 -j4 -N1 "$out/$program") in
*1) format=elf32-little ;;
*2) format=elf64-little ;;
esac
objcopy -I "$format" -O binary "$out/$program" "$out/$program.bin"
rm "$out/$program"
