# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir work "$out"
read -r -a flags <<<"$compilerFlags"
flags+=("ARCH=$arch")

# The module, as whoever has a module builds it.
cp -r --no-preserve=mode "$module" work/hello
make -C "$kdir" "M=$PWD/work/hello" "SHELL=$SHELL" "${flags[@]}" modules

# The first program, with the kernel's own compiler.
case $end in
poweroff) ending=LINUX_REBOOT_CMD_POWER_OFF ;;
restart) ending=LINUX_REBOOT_CMD_RESTART ;;
esac
read -r -a compile <<<"$programCompiler"
"${compile[@]}" -Os -Wall -Werror -ffreestanding -fno-builtin -fno-stack-protector -fno-pic -nostdlib -static \
  -fno-asynchronous-unwind-tables "-DEND=$ending" -I "$headers/include" "$program" -o work/init

cat >work/list <<EOF
dir /dev 0755 0 0
dir /sys 0755 0 0
nod /dev/console 0600 0 0 c 5 1
file /init work/init 0755 0 0
file /hello.ko work/hello/hello.ko 0644 0 0
EOF
count=0
for file in $(for folder in $modules; do find "$folder" -name '*.ko' | sort; done); do
  if [ "$count" = 0 ]; then echo 'dir /modules 0755 0 0' >>work/list; fi
  echo "file /modules/$(printf %03d "$count").ko $file 0644 0 0" >>work/list
  count=$((count + 1))
done
"$kdir/usr/gen_init_cpio" -t 1 work/list >work/initramfs

read -r -a machineFlags <<<"$machine"
status=0
timeout 300 "$qemu/bin/qemu-system-$emulator" "${machineFlags[@]}" -m 256 -nic none -display none -monitor none -no-reboot \
  -serial file:work/serial -kernel "$linux/${image##*/}" -initrd work/initramfs -append "$commandLine" || status=$?
tr -d '\r' <work/serial | tee "$out/output"
if [ "$status" != 0 ]; then
  echo "error: QEMU ended with status $status (124: the machine did not end within 300 seconds)" >&2
  exit 1
fi
for line in 'init: reached userspace' 'hello: loaded, answer 42' "init: the module's answer is 42" 'hello: removed' \
  "init: $(printf %03d "$count") more modules loaded" 'init: done'; do
  grep -qF "$line" "$out/output" || {
    echo "error: the console does not say '$line'" >&2
    exit 1
  }
done
stat -c '%n: %s bytes' "$linux/${image##*/}" "$linux/vmlinux" work/hello/hello.ko | sed 's,.*/,,' | tee -a "$out/output"
