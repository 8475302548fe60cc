# shellcheck shell=bash disable=SC2034,SC2016 # the boot check reads these variables; lines in quotes are JavaScript
# What the boot check types on the console of Node.js, and what it expects, as for QuickJS-ng.
prompt='node > '
count_processors='"processors: " + fs.readFileSync("/proc/cpuinfo", "utf8").match(/^processor/gm).length'
write_file='fs.writeFileSync("/tmp/file", "read " + "back"); fs.readFileSync("/tmp/file", "utf8")'
leave_orphan='child_process.spawn("/bin/node", ["-e", "child_process.spawn(`/bin/node`, [`-e`, `1`], {stdio: `ignore`}); process.exit()"]).pid'
serve='http.createServer((asked, answer) => answer.end(`Node.js ${process.version} answers ${asked.url}`)).listen(PORT).listening'
show_memory='fs.readFileSync("/proc/meminfo", "utf8").split("\n").slice(0, 3).map((line) => line.replace(/ +/, "=")).join(" ")'
show_environment='"told " + process.env.WORD'
more=(
  'fs.readlinkSync("/dev/stdin")'
  /proc/self/fd/0
  '"the clock is set: " + (new Date().getFullYear() > 2024)'
  'the clock is set: true'
  '"the user is " + os.userInfo().username'
  'the user is root'
  'require("crypto").createHash("sha256").update("abc").digest("hex")'
  ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
  'tls.rootCertificates.length > 100 && "certificates: " + "yes"'
  'certificates: yes'
  'await new Promise((done) => new worker_threads.Worker("require(`worker_threads`).parentPort.postMessage(6 * 9)", { eval: true }).on("message", (n) => done("worker: " + n)))'
  'worker: 54'
  'await import("data:text/javascript,export default 3 * 5")'
  'default: 15'
  'zlib.gunzipSync(zlib.gzipSync("packed and " + "unpacked")).toString()'
  'packed and unpacked'
  'try { process.dlopen({ exports: {} }, "/app/addon.node") } catch (error) { console.log("dlopen: " + error.code) }'
  'dlopen: ERR_DLOPEN_FAILED'
  'JSON.stringify(process.versions)'
  '"openssl":"3.'
)
