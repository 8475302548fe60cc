# shellcheck shell=bash disable=SC2154,SC2016 # the derivation's attributes arrive as variables, `run` is that of link.sh, and texts of JavaScript stand as they are
# What of this line's libraries the program has to have.
words "$versions"
"${run[@]}" --input-type=module -e '
  import assert from "node:assert";
  import fs from "node:fs";
  import http2 from "node:http2";
  import zlib from "node:zlib";
  import { DatabaseSync } from "node:sqlite";

  for (const entry of process.argv.slice(1)) {
    const [name, version] = entry.split("=");
    assert.strictEqual(process.versions[name], version, `process.versions.${name} is not ${version}`);
  }

  const text = Buffer.from("crossloom ".repeat(1000));
  assert.deepStrictEqual(zlib.zstdDecompressSync(zlib.zstdCompressSync(text)), text);
  assert.deepStrictEqual(zlib.brotliDecompressSync(zlib.brotliCompressSync(text)), text);
  assert.deepStrictEqual(zlib.gunzipSync(zlib.gzipSync(text)), text);

  const database = new DatabaseSync(":memory:");
  database.exec("create table numbers (n integer primary key) strict");
  const session = database.createSession();
  database.exec("insert into numbers values (1), (2), (9)");
  assert.strictEqual(database.prepare("select percentile(n, 50) as middle from numbers").get().middle, 2);
  assert(session.changeset().length > 0);

  fs.mkdirSync("globbed");
  for (const name of ["a.js", "b.mjs", "c.txt"]) fs.writeFileSync(`globbed/${name}`, "");
  assert.deepStrictEqual(fs.globSync("globbed/*.{js,mjs}").sort(), ["globbed/a.js", "globbed/b.mjs"]);

  const server = http2.createServer((request, response) => response.end(request.url));
  server.listen(0, "127.0.0.1", () => {
    const client = http2.connect("http://127.0.0.1:" + server.address().port);
    const request = client.request({ ":path": "/6*7" });
    let answer = "";
    request.on("error", (error) => { throw error; });
    request.setEncoding("utf8").on("data", (part) => (answer += part)).on("end", () => {
      assert.strictEqual(answer, "/6*7");
      client.close();
      server.close();
    });
  });
' "${words[@]}"

md4=$("${run[@]}" --openssl-legacy-provider -p 'require("crypto").createHash("md4").update("").digest("hex")')
if [ "$md4" != 31d6cfe0d16ae931b73c59d7e0c089c0 ]; then
  echo "error: the program's old algorithms give $md4 as the MD4 digest of nothing" >&2
  exit 1
fi
echo 'const six: number = 6; console.log(six * 7 satisfies number);' >typed.ts
if [ "$("${run[@]}" typed.ts)" != 42 ]; then
  echo 'error: the program does not run TypeScript' >&2
  exit 1
fi
