import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestDnsServer } from "./start-dns-server.ts";

export interface DnsWebhook {
  readonly url: string;
  /** `present name`, `cleanup name`, in order. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

/** What somebody writes who wants records put into a zone of his own: checks the signature, then does as told. */
export async function startDnsWebhook(signingKey: string, dns: TestDnsServer): Promise<DnsWebhook> {
  const key = Buffer.from(signingKey.replace("whsec_", ""), "base64");
  const calls: string[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = request.headers;
    const wanted = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64");
    if (signature !== `v1,${wanted}`) {
      response.writeHead(401).end("bad signature");
      return;
    }
    const { type, data } = JSON.parse(body) as {
      readonly type: string;
      readonly data: { readonly name: string; readonly type: string; readonly value: string };
    };
    assert.equal(data.type, "TXT");
    calls.push(`${type.replace("dns.", "")} ${data.name}`);
    if (type === "dns.present") await dns.setText(data.name, data.value);
    else await dns.clearText(data.name);
    response.writeHead(204).end();
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/records`,
    calls,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
