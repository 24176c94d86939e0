// Runs on any Node from 18 on: installs what package-lock.json asks for and generates the API types, only when needed,
// then tells where the pinned Node is. Plain JavaScript because an old Node cannot strip types.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withSetupLock } from "./setup-lock.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const installedStamp = `${root}node_modules/.sluice-installed`;
const generatedStamp = `${root}packages/xds/gen/.generated-from`;
const GENERATED_FROM = [
  "package-lock.json",
  "packages/xds/descriptors/envoy-v1.40.0.binpb",
  "packages/xds/proto/sluice/node/v1/orders.proto",
  "packages/xds/scripts/generate.ts",
  "packages/xds/scripts/read-proto-comments.ts",
];

function stampOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(root + file));
  return hash.digest("hex");
}

function read(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function run(command, args, what) {
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (done.status !== 0) {
    console.error(`sluice: ${what} failed (${command} ${args.join(" ")}); see the lines above`);
    process.exit(1);
  }
}

/** The Node that the project pins; the directory that holds it goes first on PATH so that children find it too. */
export function ensure() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 18) {
    console.error(`sluice: Node ${process.versions.node} is too old to set up; install Node 18 or newer`);
    process.exit(1);
  }
  return isSetUp() ? pinnedNode() : withSetupLock(root, setUp);
}

function isSetUp() {
  return (
    read(installedStamp) === stampOf(["package-lock.json"]) &&
    read(generatedStamp) === stampOf(GENERATED_FROM)
  );
}

function setUp() {
  const installed = stampOf(["package-lock.json"]);
  if (read(installedStamp) !== installed) {
    console.log("sluice: installing packages (first start, or package-lock.json changed) …");
    run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], "installing packages");
    writeFileSync(installedStamp, installed);
  }
  const { node, bin } = pinnedNode();
  const generated = stampOf(GENERATED_FROM);
  if (read(generatedStamp) !== generated) {
    run(node, [`${root}packages/xds/scripts/generate.ts`], "generating the API types");
    writeFileSync(generatedStamp, generated);
  }
  return { node, bin };
}

function pinnedNode() {
  const bin = `${root}node_modules/.bin`;
  process.env.PATH = `${bin}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`;
  const node = `${bin}/node`;
  if (!existsSync(node)) {
    console.error(
      `sluice: no build of the pinned Node for ${process.platform}-${process.arch}; see README.md, "Platforms"`,
    );
    process.exit(1);
  }
  return { node, bin };
}
