import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { loadKeyRing, storeIssued } from "@sluice/config";
import { openDatabase } from "@sluice/database";
import { TestCertificates, waitFor } from "@sluice/harness";
import { startTestAdmin, TEST_ADMIN, type TestAdmin } from "../testing/start-test-admin.ts";

let admin: TestAdmin;
const certificates = new TestCertificates();
before(async () => {
  admin = await startTestAdmin();
});
after(async () => {
  await admin.close();
  certificates.remove();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Common name of the server's certificate. */
  readonly certificate: string | undefined;
}

interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly ca?: string;
}

function ask(url: string, { method = "GET", headers = {}, body, ca }: Question = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const secure = url.startsWith("https:");
    const options = { method, headers, agent: false as const, ...(ca === undefined ? {} : { ca }) };
    const request = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
      const name = secure ? (response.socket as TLSSocket).getPeerCertificate().subject.CN : undefined;
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
          certificate: typeof name === "string" ? name : undefined,
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

const signIn = (base: string, extra: Question = {}) =>
  ask(`${base}/api/auth/sign-in/email`, {
    method: "POST",
    body: JSON.stringify(TEST_ADMIN),
    ...extra,
    headers: { "content-type": "application/json", ...extra.headers },
  });

test("every page has a policy of its own: scripts by nonce alone, no frames, no plugins, no other base", async () => {
  const base = await admin.start();
  const policies = new Set<string>();
  for (let at = 0; at < 2; at++) {
    const { headers, body } = await ask(`${base}/sign-in`);
    const policy = String(headers["content-security-policy"]);
    policies.add(policy);
    const directives = new Map(policy.split("; ").map((part) => [part.split(" ")[0], part] as const));
    assert.match(
      directives.get("script-src") ?? "",
      /^script-src 'self' 'nonce-[A-Za-z0-9+/=]{24}' 'strict-dynamic'$/,
    );
    assert.equal(directives.get("object-src"), "object-src 'none'");
    assert.equal(directives.get("base-uri"), "base-uri 'none'");
    assert.equal(directives.get("frame-ancestors"), "frame-ancestors 'none'");
    assert.equal(directives.get("form-action"), "form-action 'self'");
    assert.equal(directives.get("connect-src"), "connect-src 'self'");
    const told = JSON.parse(body) as Readonly<Record<string, string>>;
    assert.equal(told["content-security-policy"], policy, "Next puts the nonce on its scripts");
    assert.equal(policy.includes(`'nonce-${told["x-nonce"]}'`), true);
  }
  assert.equal(policies.size, 2);
});

test("API answers are neither sniffed, framed, cached nor read by other sites", async () => {
  const base = await admin.start();
  const { headers } = await ask(`${base}/api/v1/session/me`);
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["x-frame-options"], "DENY");
  assert.equal(headers["cross-origin-resource-policy"], "same-origin");
  assert.equal(headers["cross-origin-opener-policy"], "same-origin");
  assert.equal(headers["referrer-policy"], "same-origin");
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["access-control-allow-origin"], undefined);
  assert.equal(headers["x-powered-by"], undefined);
  assert.equal(headers.server, undefined);
  assert.equal(headers["strict-transport-security"], undefined, "not over plain HTTP");
});

test("a read that a page of another site asks for in the user's name is refused; a token's is not", async () => {
  const base = await admin.start();
  const cookie = cookieOf(await signIn(base, { headers: { origin: base } }));
  const me = `${base}/api/v1/session/me`;
  const site = (value: string) => ({ cookie, "sec-fetch-site": value });
  assert.equal((await ask(me, { headers: site("same-origin") })).status, 200);
  assert.equal((await ask(me, { headers: site("none") })).status, 200);
  assert.equal((await ask(me, { headers: site("cross-site") })).status, 403);
  assert.equal((await ask(`${base}/api/trpc/session.me`, { headers: site("cross-site") })).status, 403);
  const authorization = `Bearer ${await admin.token(base)}`;
  assert.equal((await ask(me, { headers: { authorization, "sec-fetch-site": "cross-site" } })).status, 200);
});

test("a change by cookie needs our own origin, on the HTTP API too", async () => {
  const base = await admin.start();
  const cookie = cookieOf(await signIn(base, { headers: { origin: base } }));
  const post = (origin: string | undefined) =>
    ask(`${base}/api/v1/draft/check`, {
      method: "POST",
      headers: { cookie, ...(origin === undefined ? {} : { origin }) },
    });
  assert.equal((await post(base)).status, 200);
  assert.equal((await post(undefined)).status, 403);
  assert.equal((await post("null")).status, 403);
  assert.equal((await post("https://evil.example")).status, 403);
  assert.equal((await post(base.replace("127.0.0.1", "127.0.0.1.evil.example"))).status, 403);
});

test("a client that asks too much is told to wait: by its token, and by its address whatever token it shows", async () => {
  const size = (burst: number) => ({ burst, perSecond: 0.001 });
  const base = await admin.start({}, { requestLimits: { perAddress: size(8), perCredential: size(3) } });
  const statusWith = async (token: string) =>
    (await ask(`${base}/api/v1/none`, { headers: { authorization: `Bearer ${token}` } })).status;
  const statuses: number[] = [];
  for (let at = 0; at < 4; at++) statuses.push(await statusWith("one"));
  assert.deepEqual(statuses, [404, 404, 404, 429]);
  assert.equal(await statusWith("another"), 404);
  for (let at = 0; at < 3; at++) await statusWith(`made up ${at}`);
  const answer = await ask(`${base}/api/v1/none`);
  assert.equal(answer.status, 429);
  assert.ok(Number(answer.headers["retry-after"]) >= 1);
  assert.notEqual((await ask(`${base}/sign-in`)).status, 429, "pages are not counted");
});

test("with its own certificate it speaks HTTPS alone, with Secure cookies and HSTS, and takes up renewed files", async () => {
  const ca = certificates.create("dashboard-ca", { ca: true });
  const first = certificates.create("first", { issuer: ca, names: "IP:127.0.0.1" });
  const second = certificates.create("second", { issuer: ca, names: "IP:127.0.0.1" });
  const files = {
    SLUICE_TLS_CERT: join(certificates.directory, "live.crt"),
    SLUICE_TLS_KEY: join(certificates.directory, "live.key"),
  };
  const install = ({ certificatePath, keyPath }: typeof first): void => {
    copyFileSync(certificatePath, files.SLUICE_TLS_CERT);
    copyFileSync(keyPath, files.SLUICE_TLS_KEY);
  };
  install(first);
  const base = await admin.start(files, { tlsFollowedEveryMs: 20 });
  const trusted = { ca: ca.certificate };
  const answer = await signIn(base, { ...trusted, headers: { origin: base } });
  assert.equal(answer.status, 200);
  assert.equal(answer.certificate, "first");
  assert.match(
    String(answer.headers["set-cookie"]),
    /__Host-sluice.*HttpOnly.*Secure|__Host-sluice.*Secure.*HttpOnly/,
  );
  assert.match(String(answer.headers["set-cookie"]), /Path=\/.*SameSite=Lax/);
  assert.doesNotMatch(String(answer.headers["set-cookie"]), /Domain/);
  assert.equal(answer.headers["strict-transport-security"], "max-age=31536000; includeSubDomains");
  const plainOrigin = { origin: base.replace("https:", "http:") };
  assert.equal((await signIn(base, { ...trusted, headers: plainOrigin })).status, 403);
  await assert.rejects(ask(base.replace("https:", "http:")));

  writeFileSync(files.SLUICE_TLS_CERT, "no certificate");
  assert.equal((await ask(`${base}/sign-in`, trusted)).certificate, "first");
  install(second);
  await waitFor(
    "the renewed certificate",
    async () => (await ask(`${base}/sign-in`, trusted)).certificate === "second",
  );
});

test("asked for names it serves HTTPS with an automatic certificate, self-signed at first, and takes up the issued one", async () => {
  const names = "Dashboard.Example, www.dashboard.example";
  const base = await admin.start({ SLUICE_TLS_NAMES: names }, { tlsFollowedEveryMs: 20 });
  const subject = (): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      const { hostname: host, port } = new URL(base);
      const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.subjectAltName);
        socket.destroy();
      });
      socket.on("error", reject);
    });
  assert.equal(await subject(), "DNS:dashboard.example, DNS:www.dashboard.example");
  // What the control plane does once an authority has issued it.
  const issued = certificates.create("issued", { names: "DNS:issued.example" });
  const database = openDatabase(admin.databaseUrl);
  const keys = loadKeyRing({
    secretKey: undefined,
    secretKeyFile: undefined,
    dataDir: admin.dataDir,
    warn: assert.fail,
  });
  const now = (): Date => new Date();
  await storeIssued(
    { sql: database.sql, now, keys },
    {
      name: "automatic:dashboard.example,www.dashboard.example",
      authority: "test",
      chain: issued.certificate,
      keyPem: readFileSync(issued.keyPath, "utf8"),
      notAfter: now(),
      renewal: false,
      dueAt: now(),
    },
  );
  await database.close();
  await waitFor("the issued certificate", async () => (await subject()) === "DNS:issued.example");
});

test("certificate files that are no good are told at the start, by their variables", async () => {
  const one = certificates.create("one");
  const other = certificates.create("other");
  const files = (cert: string, key: string) => ({ SLUICE_TLS_CERT: cert, SLUICE_TLS_KEY: key });
  await assert.rejects(admin.start({ SLUICE_TLS_CERT: one.certificatePath }), /belong together/);
  await assert.rejects(admin.start(files("/none", one.keyPath)), /SLUICE_TLS_CERT: ENOENT/);
  await assert.rejects(
    admin.start(files(one.certificatePath, other.keyPath)),
    /SLUICE_TLS_CERT and SLUICE_TLS_KEY are no certificate with its key/,
  );
});

function cookieOf({ headers }: Answer): string {
  return (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]).join("; ");
}
