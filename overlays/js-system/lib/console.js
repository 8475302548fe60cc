// What the console's REPL starts with: the terminal, and a few names.
import * as std from "qjs:std";
import * as os from "qjs:os";
import * as system from "qjs:system";
import { createRequire } from "/lib/system/require.js";

// Ctrl-C interrupts this process and not the first one.
system.session();

const tell = (signal) => {
  os.kill(1, signal);
};
Object.assign(globalThis, {
  system,
  require: createRequire("/app/console.js"),
  poweroff: () => tell(os.SIGTERM),
  restart: () => tell(os.SIGINT),
});

const host = (std.loadFile("/proc/sys/kernel/hostname") ?? "").trim();
std.out.puts(`\n${host}: JavaScript is the shell here. poweroff() turns the machine off; std, os and system have the rest.\n`);
std.out.flush();
