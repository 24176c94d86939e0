import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { analyzeText } from "../../analysis/analyze-text.ts";
import { readNginx } from "./read-nginx.ts";

/** What stands at a path of keys and indexes. */
function at(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (found as Readonly<Record<string | number, unknown>> | undefined)?.[key],
    json,
  );
}

function list(json: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(json, ...path);
  assert.ok(Array.isArray(found));
  return found;
}

function read(text: string) {
  const { resources, notes } = readNginx({ path: "nginx.conf", text });
  for (const { kind, yaml } of resources)
    assert.deepEqual(analyzeText(kind, yaml).analysis.problems, [], `${kind}: ${yaml}`);
  const byName = new Map(
    resources.map(({ kind, yaml }) => [`${kind}/${String(at(parse(yaml), "name"))}`, parse(yaml) as unknown]),
  );
  return {
    byName,
    notes,
    told: notes.map(({ kind, path, position }) => `${position?.line} ${kind} ${path}`),
  };
}

test("servers, upstreams and locations become listeners, clusters and routes that the API's rules accept", () => {
  const { byName, notes } = read(`
user www-data;
events { worker_connections 1024; }
http {
  sendfile on;
  upstream app {
    least_conn;
    server 10.0.0.1:8080 weight=3;
    server 10.0.0.2:8080 backup;
    server 10.0.0.3:8080 down;
  }
  server {
    listen 80 default_server;
    server_name example.com .example.org;
    location = /exact { return 204; }
    location /old/ { return 301 https://$host$request_uri; }
    location / {
      proxy_pass http://app;
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_read_timeout 5m;
    }
    location /api/ { proxy_pass http://api.internal:9000/v1/; }
    location ~* \\.(png|jpg)$ { proxy_pass http://app; }
  }
  server {
    listen 443 ssl http2;
    server_name example.com;
    ssl_certificate /etc/tls/a.pem; ssl_certificate_key /etc/tls/a.key; ssl_protocols TLSv1.2 TLSv1.3;
    location / { proxy_pass https://10.0.0.9; }
  }
}`);
  assert.deepEqual(
    [...byName.keys()],
    [
      "clusters/app",
      "clusters/api.internal:9000",
      "clusters/10.0.0.9:443-tls",
      "listeners/nginx-80",
      "routes/nginx-80",
      "listeners/nginx-443",
      "routes/nginx-443",
    ],
  );
  const app = byName.get("clusters/app");
  assert.equal(at(app, "lb_policy"), "LEAST_REQUEST");
  assert.deepEqual(
    list(app, "load_assignment", "endpoints").map((each) => [
      at(each, "priority") ?? 0,
      list(each, "lb_endpoints").length,
    ]),
    [
      [0, 1],
      [1, 1],
    ],
  );
  const host = at(byName.get("routes/nginx-80"), "virtual_hosts", 0);
  assert.deepEqual(at(host, "domains"), ["example.com", "example.org", "*.example.org", "*"]);
  assert.deepEqual(
    list(host, "routes").map((route) => at(route, "match")),
    [
      { path: "/exact" },
      { safe_regex: { regex: "(?i).*\\.(png|jpg)" } },
      { prefix: "/old/" },
      { path: "/api" },
      { prefix: "/api/" },
      { prefix: "/" },
    ],
  );
  assert.deepEqual(at(host, "routes", 2, "redirect"), {
    https_redirect: true,
    response_code: "MOVED_PERMANENTLY",
  });
  assert.deepEqual(at(host, "routes", 4, "route"), {
    cluster: "api.internal:9000",
    timeout: "0s",
    idle_timeout: "60s",
    prefix_rewrite: "/v1/",
    host_rewrite_literal: "api.internal:9000",
  });
  assert.deepEqual(at(host, "routes", 5, "route"), {
    cluster: "app",
    timeout: "0s",
    idle_timeout: "300s",
    upgrade_configs: [{ upgrade_type: "websocket" }],
  });
  assert.equal(
    at(host, "routes", 5, "request_headers_to_add", 0, "header", "value"),
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  );
  assert.deepEqual(
    notes.filter(({ kind }) => kind === "not_understood"),
    [],
  );
});

test("what might keep people out is never dropped: its location answers 501, its server is left out", () => {
  const { byName, told } = read(`server {
  listen 8080;
  server_name a.example;
  client_max_body_size 10m;
  location /admin/ {
    auth_basic "staff";
    proxy_pass http://10.0.0.1;
  }
  location / { proxy_pass http://10.0.0.1; }
}
server {
  listen 8080;
  server_name b.example;
  deny all;
  location / { proxy_pass http://10.0.0.1; }
}
server { listen 8080; server_name c.example; location / { proxy_pass http://$upstream; } }
`);
  const hosts = byName.get("routes/nginx-8080");
  assert.deepEqual(
    list(hosts, "virtual_hosts").map((each) => at(each, "name")),
    ["a.example", "c.example"],
  );
  for (const index of [0, 1])
    assert.equal(at(hosts, "virtual_hosts", index, "routes", 0, "direct_response", "status"), 501);
  assert.deepEqual(told, [
    "4 not_understood client_max_body_size 10m",
    "6 not_understood auth_basic staff",
    "5 not_understood location /admin/",
    "14 not_understood deny all",
    "17 not_understood proxy_pass http://$upstream",
  ]);
});

test("orders that routes cannot have, and expressions that are not linear, leave the server out", () => {
  const { byName, told } = read(`
server { listen 1; location ^~ /a { return 200; } location /a/b { return 200; } location ~ \\.php$ { return 200; } }
server { listen 2; location ~ (a)\\1 { return 200; } }
server { listen 3; location @named { return 200; } }
`);
  assert.equal(byName.size, 0);
  assert.deepEqual(
    told.map((line) => line.split(" ").slice(0, 3).join(" ")),
    ["2 not_understood server", "3 not_understood location", "4 not_understood location"],
  );
});

test("what nginx -T prints is read with its includes; files that are not there are told", () => {
  const dump = `# configuration file /etc/nginx/nginx.conf:
http { include /etc/nginx/mime.types; include conf.d/*.conf; }
# configuration file /etc/nginx/conf.d/a.conf:
server { listen 81; location / { include proxy_params; proxy_pass http://10.0.0.1; } }
# configuration file /etc/nginx/proxy_params:
proxy_set_header Host $http_host;
`;
  const { byName, told: noted } = read(dump);
  assert.deepEqual(noted, ["1 differs proxy_set_header Host $http_host"]);
  const route = at(byName.get("routes/nginx-81"), "virtual_hosts", 0, "routes", 0, "route");
  assert.equal(at(route, "cluster"), "10.0.0.1:80");
  assert.equal(at(route, "host_rewrite_literal"), undefined);
  const { told } = read(
    "server { listen 82; location / { include proxy_params; proxy_pass http://10.0.0.1; } }",
  );
  assert.match(told.join("\n"), /not_understood include proxy_params/);
});
