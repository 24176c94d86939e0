/**
 * `npm run build -w apps/proxy`: makes `dist/`, from which the proxy starts in half of the time. With `--if-changed` only when
 * there is no bundle of the sources as they are.
 *
 * Everything that main.ts loads becomes a few ES modules. Extensions stay modules of their own that are loaded when a
 * configuration names them, and so do the entries of threads. Each bundle has a directory of its own, named by its contents:
 * a proxy that runs goes on loading from its own after an upgrade. The newest five are kept.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as httpModule from "node:http";
import { basename, dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { BUNDLES, type BundleStamp, currentBundle, hashOf } from "../src/current-bundle.ts";

const KEPT = 5;
const root = fileURLToPath(new URL("../../../", import.meta.url));
const source = fileURLToPath(new URL("../src/", import.meta.url));
const dist = fileURLToPath(BUNDLES);

if (process.argv.includes("--if-changed") && currentBundle() !== undefined) process.exit(0);

/** Modules that are loaded by name at run time: by their paths, the names that they get in the bundle. */
const entries = new Map<string, string>(
  ["run-proxy.ts", "server/worker/start-worker.ts", "watchdog/guard-thread.ts"].map((path) => [
    resolve(source, path),
    basename(path, ".ts"),
  ]),
);
for (const manifest of readdirSync(source, { recursive: true, encoding: "utf8" })) {
  if (!/^(manifest|load-[\w-]+)\.ts$/.test(basename(manifest))) continue;
  const directory = dirname(resolve(source, manifest));
  for (const [, module = ""] of readFileSync(resolve(source, manifest), "utf8").matchAll(LOADS()))
    entries.set(
      resolve(directory, module),
      `${relative(source, directory).replaceAll("/", "-")}-${basename(module, ".ts")}`,
    );
}

/** `require("./filter.ts")` of a manifest. A function: a regular expression with `g` remembers where it was. */
function LOADS(): RegExp {
  return /\brequire\("(\.\/[\w-]+\.ts)"\)/g;
}

/** Lets the bundle's modules load each other by their names in it. */
const names: Plugin = {
  name: "names in the bundle",
  setup({ onLoad }) {
    onLoad({ filter: /\/apps\/proxy\/src\/.*\.ts$/ }, ({ path }) => {
      const named = (module: string) => {
        const name = entries.get(resolve(dirname(path), module));
        if (name === undefined) throw new Error(`${path} loads ${module}, which is no entry of the bundle`);
        return `./${name}.js`;
      };
      const contents = readFileSync(path, "utf8")
        .replace(LOADS(), (_, module: string) => `require("${named(module)}")`)
        .replace(
          /new URL\("(\.\/[\w-]+\.ts)", import\.meta\.url\)/g,
          (_, module: string) => `new URL("${named(module)}", import.meta.url)`,
        );
      return { contents, loader: "ts" };
    });
  },
};

/**
 * Node's own `node:http` as an ES module asks for all of its exports at once, and one of them, WebSocket, loads undici: 70 ms of
 * CPU time in each thread. The bundle's has the others.
 */
const http: Plugin = {
  name: "node:http without undici",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: "http", namespace: "without-undici" }));
    onLoad({ filter: /.*/, namespace: "without-undici" }, () => ({
      contents: `const http = process.getBuiltinModule("node:http");
        export default http;
        export const { ${Object.keys(httpModule)
          .filter((name) => !["default", "WebSocket", "CloseEvent", "MessageEvent"].includes(name))
          .join(", ")} } = http;`,
    }));
  },
};

const made = `${dist}making-${process.pid}`;
try {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...entries].map(([path, name]) => ({ in: path, out: name })),
    outdir: made,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "esnext",
    // CommonJS packages ask for Node's modules by require.
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
    metafile: true,
    logLevel: "warning",
    plugins: [names, http],
  });
  const own = Object.keys(metafile.inputs).filter((input) => !/node_modules\/|^without-undici:/.test(input));
  const inputs = [...own, "apps/proxy/scripts/bundle.ts", "package-lock.json"];
  const hash = hashOf(inputs);
  const stamp: BundleStamp = {
    directory: hash.slice(0, 16),
    inputs,
    hash,
  };
  mkdirSync(dist, { recursive: true });
  replace(made, `${dist}${stamp.directory}`);
  writeFileSync(`${made}.json`, JSON.stringify(stamp));
  renameSync(`${made}.json`, `${dist}current.json`);
} finally {
  rmSync(made, { recursive: true, force: true });
}
for (const old of readdirSync(dist)
  .filter((name) => /^[0-9a-f]{16}$/.test(name))
  .map((name) => ({ name, made: statSync(dist + name).mtimeMs }))
  .sort((a, b) => b.made - a.made)
  .slice(KEPT))
  rmSync(dist + old.name, { recursive: true, force: true });

/** Two builds of the same sources may end at once: the first stays. */
function replace(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (
      !(error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST"))
    )
      throw error;
  }
}
