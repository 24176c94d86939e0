/**
 * Generates gen/ from the committed descriptor set and Sluice's own proto/, each part when it is missing or older than what it is made of:
 * JavaScript and type declarations of the whole Envoy API; `descriptors.js`, the set itself as a module, so that it loads
 * wherever JavaScript loads (bundled for the dashboard too); `docs.js`, the documentation of messages and fields, from the
 * comments of the .proto files in @grpc/grpc-js-xds (an older API: what is newer has none). Run by `npm run generate` and by the set-up of
 * start, test and verify.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProtoComments, readProtoComments } from "./read-proto-comments.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const descriptors = `${root}descriptors/envoy-v1.40.0.binpb`;
const template = JSON.stringify({
  version: "v2",
  plugins: [
    {
      local: ["node", fileURLToPath(import.meta.resolve("@bufbuild/protoc-gen-es/bin/protoc-gen-es"))],
      out: "gen",
      opt: ["target=js+dts", "import_extension=js"],
      strategy: "all",
      include_imports: true,
      include_wkt: false,
    },
  ],
});

const set = readFileSync(descriptors);
const linker = "src/registry/file-desc.ts";

generatePart("", [template, linker], ["envoy"], () => {
  rmSync(`${root}gen`, { recursive: true, force: true });
  const buf = fileURLToPath(import.meta.resolve("@bufbuild/buf/bin/buf"));
  execFileSync(process.execPath, [buf, "generate", "--template", template, `${descriptors}#format=binpb`], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  for (const file of globSync("gen/**/*_pb.js", { cwd: root })) linkOurselves(join(root, file));
});

/** What nodes and control planes say to each other beside Envoy's API. */
const ownProtos = globSync("proto/**/*.proto", { cwd: root }).sort();
generatePart(
  "own",
  [template, ...ownProtos.map((file) => readFileSync(root + file, "utf8"))],
  ["sluice"],
  () => {
    const buf = fileURLToPath(import.meta.resolve("@bufbuild/buf/bin/buf"));
    execFileSync(process.execPath, [buf, "generate", "--template", template, "proto"], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
    });
  },
);

generatePart("descriptors", ["base64"], ["descriptors.js", "descriptors.d.ts"], () => {
  writeWhole("descriptors.js", `export const descriptorSetBase64 = "${set.toString("base64")}";\n`);
  writeWhole("descriptors.d.ts", "export declare const descriptorSetBase64: string;\n");
});

const protos = join(dirname(fileURLToPath(import.meta.resolve("@grpc/grpc-js-xds/package.json"))), "deps");
const reader = readFileSync(new URL("read-proto-comments.ts", import.meta.url), "utf8");
const edition = readFileSync(`${protos}/../package.json`, "utf8");

generatePart("docs", [reader, edition], ["docs.js", "docs.d.ts"], () => {
  const comments: ProtoComments = { docs: {}, slots: {}, hidden: [] };
  for (const file of globSync("{envoy-api,xds}/**/*.proto", { cwd: protos }).sort()) {
    readProtoComments(readFileSync(join(protos, file), "utf8"), comments);
  }
  writeWhole("docs.js", `export const commentsJson = ${JSON.stringify(JSON.stringify(comments))};\n`);
  writeWhole("docs.d.ts", "export declare const commentsJson: string;\n");
});

/** Has a generated module take `fileDesc` from the package's own linker, which says why. */
function linkOurselves(file: string): void {
  const text = readFileSync(file, "utf8");
  const [line, names] = /^import \{ (.*) \} from "@bufbuild\/protobuf\/codegenv2";$/m.exec(text) ?? [];
  if (line === undefined || names === undefined) throw new Error(`${file} does not import its linker`);
  const others = names.split(", ").filter((name) => name !== "fileDesc");
  const kept =
    others.length > 0 ? `import { ${others.join(", ")} } from "@bufbuild/protobuf/codegenv2";\n` : "";
  const from = relative(dirname(file), join(root, linker)).replaceAll("\\", "/");
  writeFileSync(file, text.replace(line, `${kept}import { fileDesc } from "${from}";`));
}

/** Runs `generate` unless the part's stamp matches the descriptor set and `inputs`, and its `outputs` are there. */
function generatePart(name: string, inputs: string[], outputs: string[], generate: () => void): void {
  const hash = createHash("sha256").update(set);
  for (const input of inputs) hash.update(input);
  const want = hash.digest("hex");
  const stamp = `${root}gen/${name}.stamp`;
  const whole = outputs.every((output) => existsSync(`${root}gen/${output}`));
  if (whole && existsSync(stamp) && readFileSync(stamp, "utf8") === want) return;
  generate();
  writeFileSync(stamp, want);
}

/** Never leaves half a file for a program that reads it meanwhile. */
function writeWhole(name: string, text: string): void {
  mkdirSync(`${root}gen`, { recursive: true });
  const partial = `${root}gen/.${name}.${process.pid}`;
  writeFileSync(partial, text);
  renameSync(partial, `${root}gen/${name}`);
}
