/**
 * Generates gen/ (JavaScript and type declarations of the whole Envoy API) from the committed descriptor set, when it is
 * missing or older than the set. Run by `npm run generate` and by the set-up of start, test and verify.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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

const stamp = `${root}gen/.stamp`;
const want = createHash("sha256").update(readFileSync(descriptors)).update(template).digest("hex");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== want) {
  rmSync(`${root}gen`, { recursive: true, force: true });
  const buf = fileURLToPath(import.meta.resolve("@bufbuild/buf/bin/buf"));
  execFileSync(process.execPath, [buf, "generate", "--template", template, `${descriptors}#format=binpb`], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  writeFileSync(stamp, want);
}
