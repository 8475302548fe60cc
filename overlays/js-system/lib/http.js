// A small HTTP/1.1 server: one answer for each connection.
import * as os from "qjs:os";
import * as system from "qjs:system";

const LONGEST_HEAD = 16 * 1024;
const LONGEST_BODY = 1024 * 1024;
// Milliseconds: how long a client may take to send its request, or to read a part of the answer.
const PATIENCE = 10_000;
// Bytes: what a connection takes at once without waiting, where it takes anything.
const PART = 4096;
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

// Writes all bytes, a part whenever the connection takes one: others are served meanwhile. A client that is gone, or reads
// nothing, gets no more.
function write(fd, bytes) {
  return new Promise((done) => {
    let sent = 0;
    let late;
    const stop = () => {
      os.clearTimeout(late);
      os.setWriteHandler(fd, null);
      done();
    };
    const wait = () => {
      os.clearTimeout(late);
      late = os.setTimeout(stop, PATIENCE);
    };
    wait();
    os.setWriteHandler(fd, () => {
      const count = os.write(fd, bytes.buffer, bytes.byteOffset + sent, Math.min(bytes.length - sent, PART));
      sent += Math.max(count, 0);
      if (count <= 0 || sent === bytes.length) stop();
      else wait();
    });
  });
}

function send(fd, status, headers, body, method) {
  const content = typeof body === "string" ? encoder.encode(body) : body;
  // Names of headers are the same in any case: a handler's take the place of those here.
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const all = { "content-type": "text/plain; charset=utf-8", ...own, "content-length": content.length, connection: "close" };
  // To HEAD, only the headers are the answer.
  const bytes = method === "HEAD" ? new Uint8Array(0) : content;
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = encoder.encode(`HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${lines.join("")}\r\n`);
  const whole = new Uint8Array(head.length + bytes.length);
  whole.set(head);
  whole.set(bytes, head.length);
  return write(fd, whole);
}

async function answer(fd, request, handler) {
  try {
    if (typeof request === "number") return await send(fd, request, {}, `${REASONS[request]}\n`);
    const { status = 200, headers = {}, body = "" } = await handler(request);
    await send(fd, status, headers, body, request.method);
  } catch (error) {
    console.log(`${request.method} ${request.path}: ${error?.message ?? error}\n${error?.stack ?? ""}`);
    await send(fd, 500, {}, `${REASONS[500]}\n`, request.method);
  } finally {
    os.close(fd);
  }
}

// Answers requests at a port. `handler` gets { method, path, headers, body } and gives { status, headers, body }, or a promise
// of it; `body` of an answer is text or a Uint8Array.
export function serve(port, handler, address) {
  const server = system.listen(port, address);
  const chunk = new Uint8Array(PART);
  let closed = false;
  const accept = () => {
    let fd;
    try {
      fd = system.accept(server);
    } catch (error) {
      // The connection stays in the queue, so this would happen again at once.
      console.log(`port ${port} takes no connection for a second: ${error.message}`);
      os.setReadHandler(server, null);
      os.setTimeout(() => closed || os.setReadHandler(server, accept), 1000);
      return;
    }
    let text = "";
    const end = () => {
      os.clearTimeout(late);
      os.setReadHandler(fd, null);
    };
    const late = os.setTimeout(() => {
      end();
      os.close(fd);
    }, PATIENCE);
    os.setReadHandler(fd, () => {
      const count = os.read(fd, chunk.buffer, 0, chunk.length);
      if (count > 0) text += latin1(chunk.subarray(0, count));
      const request = count > 0 ? parse(text) : null;
      if (request === undefined) return;
      end();
      if (request === null) os.close(fd);
      else answer(fd, request, handler);
    });
  };
  os.setReadHandler(server, accept);
  return {
    close: () => {
      closed = true;
      os.setReadHandler(server, null);
      os.close(server);
    },
  };
}
