# shellcheck shell=bash disable=SC2034,SC2016 # the boot check reads these variables; lines in quotes are JavaScript
# What the boot check types on the console of QuickJS-ng, and what it expects. No line holds what is expected of it, because
# the console shows what is typed.
prompt='qjs > '
count_processors='"processors: " + std.loadFile("/proc/cpuinfo").match(/^processor/gm).length'
write_file='std.writeFile("/tmp/file", "read " + "back"); std.loadFile("/tmp/file")'
# A process that ends before the one that it started.
leave_orphan='os.exec(["/bin/qjs", "--std", "-e", "os.exec([`/bin/qjs`, `-e`, `1`], {block: false})"])'
# One that does not end when it is asked to.
leave_stubborn='os.exec(["/bin/qjs", "--std", "-e", "for (const number of [1, 15]) os.signal(number, undefined); os.setInterval(() => {}, 1000)"], {block: false})'
# A server at the port in place of PORT. Its answer ends in `answers` and the path that was asked for.
serve='(await import("/lib/system/http.js")).serve(PORT, ({ path }) => ({ body: `${navigator.userAgent} answers ${path}` }));'
show_memory='std.loadFile("/proc/meminfo").split("\n").slice(0, 3).map((line) => line.replace(/ +/, "=")).join(" ")'
show_environment='"told " + std.getenv("WORD")'
# Further lines, each with what it brings.
more=(
  'os.readlink("/dev/stdin")[0]'
  /proc/self/fd/0
  '"the clock is set: " + (new Date().getFullYear() > 2024)'
  'the clock is set: true'
  '"the user is " + std.loadFile("/etc/passwd").split(":")[0]'
  'the user is root'
  'os.utimes("/tmp/file", 5000, 5000), "time of the file: " + os.stat("/tmp/file")[0].mtime'
  'time of the file: 5000'
  '"resolver: " + std.loadFile("/etc/resolv.conf").match(/^nameserver (.*)/m)[1]'
  'resolver: 10.0.2.3'
  '"mounted: " + ["/dev/pts/ptmx", "/dev/shm"].map((path) => os.stat(path)[0].mode.toString(8))'
  'mounted: 20666,41777'
  'os.mkdir("/tmp/ro"), system.mount("none", "/tmp/ro", "tmpfs", "ro,size=1m"), "read-only: " + std.loadFile("/proc/mounts").match(/ .tmp.ro tmpfs (ro,.*)/)[1]'
  'read-only: ro,relatime,size=1024k'
  '((began) => (os.sleep(1100), "slept: " + (Date.now() - began >= 1100)))(Date.now())'
  'slept: true'
)
