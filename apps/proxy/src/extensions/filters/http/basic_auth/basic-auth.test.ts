import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { filterProxies, refusalOf } from "../../../../http-filter/testing/start-filter-proxy.ts";

const TYPE = "type.googleapis.com/envoy.extensions.filters.http.basic_auth.v3.BasicAuth";
/** The password is "secret". */
const ANN = "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
const filter = (fields: object): object => ({ name: "auth", typed_config: { "@type": TYPE, ...fields } });
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

describe("envoy.filters.http.basic_auth", () => {
  const startProxy = filterProxies();

  it("reads credentials from another header, lets requests without any pass where it may, and names its realm", async () => {
    const proxy = await startProxy({
      filters: [
        filter({
          users: { inline_string: ANN },
          authentication_header: "X-Auth",
          allow_missing: true,
          realm: 'the "shop"',
        }),
      ],
    });
    assert.equal((await proxy.send({})).status, 200);
    assert.equal((await proxy.send({ headers: { "x-auth": basic("ann:secret") } })).status, 200);
    const refused = await proxy.send({ headers: { "x-auth": basic("ann:nothing") } });
    assert.equal(refused.status, 401);
    assert.equal(refused.headers["www-authenticate"], 'Basic realm="the \\"shop\\""');
  });

  it("names lines that it cannot read", async () => {
    const refuse = (users: string): Promise<string> =>
      refusalOf({ filters: [filter({ users: { inline_string: users } })] });
    assert.match(await refuse("ann"), /users: line 1 is not name:hash/);
    assert.match(await refuse(""), /users: must not be empty/);
    assert.match(await refuse(`${ANN}\r\n`), /line 1 \(ann\): only \{SHA\} hashes/);
    assert.match(await refuse(`${ANN}\nbob:$2y$05$abc`), /line 2 \(bob\): only \{SHA\} hashes/);
    assert.match(await refuse(`${ANN}\n${ANN}`), /line 2: the user ann stands there twice/);
  });
});
