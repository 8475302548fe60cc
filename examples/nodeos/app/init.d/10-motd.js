// Runs once, before the main script.
import * as std from "qjs:std";

std.writeFile("/run/motd", `started ${new Date().toISOString()}\n`);
