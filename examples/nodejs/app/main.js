"use strict";
// Two native addons, of C++ and of C.
const bcrypt = require("bcrypt");
const bufferutil = require("bufferutil");

const hash = bcrypt.hashSync("a password", 4);
const [data, mask] = [Buffer.from("masked"), Buffer.from([1, 2, 3, 4])];
bufferutil.unmask(data, mask);
bufferutil.unmask(data, mask);
const native = Object.keys(require.cache).filter((name) => name.endsWith(".node")).length;
if (!bcrypt.compareSync("a password", hash) || bcrypt.compareSync("another", hash)) throw new Error("bcrypt");
if (data.toString() !== "masked" || native !== 2) throw new Error(`bufferutil: ${data}, ${native} addons`);
console.log("main: bcrypt and bufferutil work");
setInterval(() => {}, 3_600_000);
