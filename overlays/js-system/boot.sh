# shellcheck shell=bash disable=SC2154 # the derivation's attributes and the runtime's conversation arrive as variables

mkdir "$out"
mkfifo console
: >serial
# Not a port that the system's own scripts listen at.
port=48080
words "$machine"
machine=("${words[@]}")
if [ -n "$disk" ]; then
  # Firmware writes to the disk.
  cp --no-preserve=mode "$disk" disk.img
  machine+=(-drive "format=raw,if=virtio,file=disk.img" "$firmwareFlag" "$firmware")
else
  machine+=(-kernel "$package/kernel" -initrd "$package/initramfs"
    -append "$(<"$package/command-line") system.verbose=yes WORD=handed")
fi
timeout 600 "$qemu/bin/qemu-system-$emulator" "${machine[@]}" -m "$memory" -smp 2 -display none -monitor none -no-reboot \
  -serial stdio -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-:$port" \
  -device virtio-net-pci,netdev=net,romfile= <console >serial 2>&1 &
emulated=$!
# For reading, too: it would wait for an emulator that did not start.
exec 3<>console
began=$EPOCHREALTIME

# The console so far, without the codes for colours and the cursor.
console() { tr -d '\r' <serial | sed -E 's/\x1b\[[0-9;?]*[A-Za-z]//g'; }

# Each text is looked for after the one before it.
after=0

# expect TEXT: waits until the console says it.
expect() {
  local text=$1 tries found
  for ((tries = 0; tries < 1200; tries++)); do
    # The REPL shows a line again whenever it changes: what counts is what comes later.
    found=$(console | tail -c "+$((after + 1))" | grep -abFo -m 1 -- "$text" | head -n 1 | cut -d : -f 1 || true)
    if [ -n "$found" ]; then
      after=$((after + found + ${#text}))
      return
    fi
    if ! kill -0 "$emulated" 2>/dev/null; then break; fi
    sleep 0.1
  done
  console
  echo "error: the console does not say '$text'" >&2
  echo "hint: it is looked for after the first $after bytes" >&2
  kill "$emulated" 2>/dev/null || true
  exit 1
}

# say TEXT: types a line.
say() { printf '%s\r' "$1" >&3; }

expect "$prompt"
prompted=$EPOCHREALTIME
say '6*7'
expect 42
expect "$prompt"

# Ctrl-C ends a line that would run for ever.
say 'while (true);'
sleep 2
printf '\003' >&3
sleep 1
say '6*9'
expect 54
expect "$prompt"

# The system's own scripts start beside the console.
while IFS= read -r text; do
  for ((tries = 0; tries < 600; tries++)); do
    if [ -z "$text" ] || console | grep -qF -- "$text"; then break; fi
    sleep 0.1
  done
  if [ "$tries" = 600 ]; then
    console
    echo "error: the console does not say '$text'" >&2
    exit 1
  fi
done <<<"$serial"

# Both processors of the machine run, if the kernel is built for several.
if grep -q '^CONFIG_SMP=y' "$kconfig"; then
  say "$count_processors"
  expect 'processors: 2'
  expect "$prompt"
fi

say "$write_file"
expect "'read back'"
expect "$prompt"

# A process whose parent ends first belongs to the first process, which says so where the command line asks for it.
if [ -z "$disk" ]; then
  say "$leave_orphan"
  expect 'ended with status 0; its parent had ended before it'
  say "$show_environment"
  expect 'told handed'
  expect "$prompt"
  say "$leave_stubborn"
  expect "$prompt"
fi

for ((at = 0; at < ${#more[@]}; at += 2)); do
  say "${more[at]}"
  expect "${more[at + 1]}"
  expect "$prompt"
done

# The system answers over its network.
say "${serve//PORT/$port}"
expect "$prompt"
for ((tries = 0; ; tries++)); do
  if exec 4<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /check HTTP/1.1\r\nHost: check\r\nConnection: close\r\n\r\n' >&4 &&
    answer=$(timeout 10 cat <&4) && [[ $answer == *'answers /check'* ]]; then
    break
  fi
  if [ "$tries" = 20 ]; then
    console
    echo "error: no answer over the network, but '$answer'" >&2
    exit 1
  fi
  sleep 1
done
echo "$answer" | tr -d '\r'

say "$show_memory"
expect 'MemTotal:='
expect "$prompt"

say 'poweroff()'
expect 'init: powering off'
if [ -z "$disk" ]; then expect 'ended by signal 9'; fi
status=0
wait "$emulated" || status=$?
console
if [ "$status" != 0 ]; then
  echo "error: QEMU ended with status $status and not 0: the system did not turn the machine off" >&2
  exit 1
fi
awk -v began="$began" -v prompted="$prompted" 'BEGIN { printf "prompt after %.1f s\n", prompted - began }'
stat -c '%n: %s bytes' "$package/kernel" "$package/initramfs" ${disk:+"$disk"} | sed 's,.*/,,' | tee "$out/output"
