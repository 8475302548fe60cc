// Kept running by the first process: a web server.
import * as std from "qjs:std";
import * as os from "qjs:os";
import { serve } from "/lib/system/http.js";
import ms from "ms";
import prettyMs from "pretty-ms";

const PORT = 80;
const release = (std.loadFile("/proc/sys/kernel/osrelease") ?? "").trim();
const up = () => prettyMs(1000 * parseFloat(std.loadFile("/proc/uptime") ?? "0"));

serve(PORT, ({ path }) => {
  if (path !== "/") return { status: 404, body: "there is only /\n" };
  return { body: `hello from ${navigator.userAgent} on Linux ${release}, up for ${up()}\n` };
});
console.log(`main: a web server listens at port ${PORT}`);
os.setInterval(() => console.log(`main: up for ${up()}`), ms("1 hour"));
