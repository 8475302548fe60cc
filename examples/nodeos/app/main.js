// Kept running by the first process: a web server.
import * as std from "qjs:std";
import { serve } from "/lib/system/http.js";

const PORT = 80;
const release = (std.loadFile("/proc/sys/kernel/osrelease") ?? "").trim();

serve(PORT, ({ path }) => {
  if (path !== "/") return { status: 404, body: "there is only /\n" };
  return { body: `hello from ${navigator.userAgent} on Linux ${release}\n` };
});
console.log(`main: a web server listens at port ${PORT}`);
