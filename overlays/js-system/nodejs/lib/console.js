// The REPL on the console.
"use strict";
const fs = require("node:fs");
const repl = require("node:repl");
const system = process._linkedBinding("system");

// Ctrl-C interrupts this process and not the first one.
system.session();

const host = fs.readFileSync("/proc/sys/kernel/hostname", "utf8").trim();
console.log(`\n${host}: JavaScript is the shell here. poweroff() turns the machine off; system has what Node.js lacks.`);
const tell = (signal) => () => {
  process.kill(1, signal);
};
// Without breakEvalOnSigint nothing would read Ctrl-C while a line runs.
const server = repl.start({ prompt: "node > ", breakEvalOnSigint: true });
// What lines have started, such as a server, ends with the console, which the first process starts again.
server.on("exit", () => process.exit());
Object.assign(server.context, { system, poweroff: tell("SIGTERM"), restart: tell("SIGINT") });
