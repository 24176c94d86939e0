import assert from "node:assert/strict";
import { after, test } from "node:test";
import { connectRaw, requestOnce } from "./raw-client.ts";
import { startRecordingUpstream } from "./recording-upstream.ts";
import { ConnectionEnded } from "./socket-reader.ts";

const upstream = await startRecordingUpstream();
after(() => upstream.close());

test("a request is recorded as it came and answered as scripted", async () => {
  upstream.clear();
  upstream.reply({ status: 201, headers: [["X-A", "1"]], body: "made" });
  const response = await requestOnce(upstream.port, {
    method: "POST",
    path: "/p?q",
    headers: [["X-Mixed-Case", " v "]],
    body: "data",
  });
  assert.equal(response.status, 201);
  assert.equal(response.text, "made");
  assert.equal(response.header("x-a"), "1");
  const [seen] = upstream.requests;
  assert.ok(seen);
  assert.equal(seen.method, "POST");
  assert.deepEqual(seen.fields[1], ["X-Mixed-Case", "v"]);
  assert.equal(seen.body.toString(), "data");
  assert.ok(seen.complete);
});

test("chunks and trailers pass both ways", async () => {
  upstream.clear();
  upstream.reply({ chunks: ["ab", "cde"], trailers: [["X-T", "end"]] });
  const connection = await connectRaw(upstream.port);
  connection.write(
    "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-S: t\r\n\r\n",
  );
  const response = await connection.response();
  assert.equal(response.text, "abcde");
  assert.deepEqual(response.chunkSizes, [2, 3]);
  assert.deepEqual(response.trailers, [["X-T", "end"]]);
  assert.deepEqual(upstream.requests[0]?.trailers, [["X-S", "t"]]);
  connection.destroy();
});

test("a reply may end early by a reset or a close", async () => {
  upstream.reply({ body: "0123456789", octets: 45, afterwards: "close" });
  const cut = await requestOnce(upstream.port);
  assert.equal(cut.complete, false);
  upstream.reply({ octets: 0, afterwards: "reset" });
  await assert.rejects(requestOnce(upstream.port), ConnectionEnded);
});

test("an upgrade echoes what comes through the tunnel", async () => {
  upstream.clear();
  upstream.reply({
    status: 101,
    headers: [
      ["upgrade", "echo"],
      ["connection", "upgrade"],
    ],
  });
  const connection = await connectRaw(upstream.port);
  connection.write("GET / HTTP/1.1\r\nhost: a\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n");
  assert.equal((await connection.response()).status, 101);
  connection.write("ping");
  assert.equal((await connection.reader.exactly(4)).toString(), "ping");
  assert.equal(upstream.tunnelled.get(1)?.toString(), "ping");
  connection.destroy();
});
