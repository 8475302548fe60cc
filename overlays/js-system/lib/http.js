// A small HTTP/1.1 server: one answer for each connection.
import * as os from "qjs:os";
import * as system from "qjs:system";

const LONGEST_HEAD = 16 * 1024;
const LONGEST_BODY = 1024 * 1024;
const REASONS = { 200: "OK", 204: "No Content", 400: "Bad Request", 404: "Not Found", 413: "Content Too Large", 500: "Internal Server Error" };

const encoder = { encode: (text) => Uint8Array.from(unescape(encodeURIComponent(text)), (c) => c.charCodeAt(0)) };
const latin1 = (bytes) => bytes.reduce((text, byte) => text + String.fromCharCode(byte), "");

// The request in the bytes so far, as Latin-1; nothing while there is more to come. A status where it cannot be understood.
function parse(text) {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return text.length > LONGEST_HEAD ? 413 : undefined;
  const [first, ...lines] = text.slice(0, end).split("\r\n");
  const [, method, path] = /^([A-Z]+) (\/\S*) HTTP\/1\.[01]$/.exec(first) ?? [];
  if (method === undefined) return 400;
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) return 400;
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const length = headers["content-length"] ?? "0";
  if (headers["transfer-encoding"] !== undefined || !/^[0-9]{1,9}$/.test(length)) return 400;
  if (Number(length) > LONGEST_BODY) return 413;
  const body = text.slice(end + 4);
  if (body.length < Number(length)) return undefined;
  const bytes = Uint8Array.from(body.slice(0, Number(length)), (c) => c.charCodeAt(0));
  return { method, path, headers, body: bytes };
}

function send(fd, status, headers, body) {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const all = { "content-type": "text/plain; charset=utf-8", ...headers, "content-length": bytes.length, connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = encoder.encode(`HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${lines.join("")}\r\n`);
  for (const part of [head, bytes]) {
    for (let sent = 0; sent < part.length;) {
      const count = os.write(fd, part.buffer, part.byteOffset + sent, part.length - sent);
      // The client is gone, or reads nothing.
      if (count <= 0) return;
      sent += count;
    }
  }
}

async function answer(fd, request, handler) {
  try {
    if (typeof request === "number") return send(fd, request, {}, `${REASONS[request]}\n`);
    const { status = 200, headers = {}, body = "" } = await handler(request);
    send(fd, status, headers, body);
  } catch (error) {
    console.log(`${request.method} ${request.path}: ${error?.message ?? error}\n${error?.stack ?? ""}`);
    send(fd, 500, {}, `${REASONS[500]}\n`);
  } finally {
    os.close(fd);
  }
}

// Answers requests at a port. `handler` gets { method, path, headers, body } and gives { status, headers, body }, or a promise
// of it; `body` of an answer is text or a Uint8Array.
export function serve(port, handler, address) {
  const server = system.listen(port, address);
  const chunk = new Uint8Array(4096);
  os.setReadHandler(server, () => {
    let fd;
    try {
      fd = system.accept(server);
    } catch {
      // The client went away before.
      return;
    }
    let text = "";
    os.setReadHandler(fd, () => {
      const count = os.read(fd, chunk.buffer, 0, chunk.length);
      if (count > 0) text += latin1(chunk.subarray(0, count));
      const request = count > 0 ? parse(text) : null;
      if (request === undefined) return;
      os.setReadHandler(fd, null);
      if (request === null) os.close(fd);
      else answer(fd, request, handler);
    });
  });
  return { close: () => (os.setReadHandler(server, null), os.close(server)) };
}
