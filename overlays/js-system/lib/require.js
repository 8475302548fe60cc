// require() for the files below a folder.
export { createRequire } from "qjs:prelude";
