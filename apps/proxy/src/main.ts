import { enableCompileCache } from "node:module";

// Before anything else is loaded: what was compiled once starts in two thirds of the time.
enableCompileCache();
const { currentBundle } = await import("./current-bundle.ts");
const bundle = currentBundle();
const { runProxy }: typeof import("./run-proxy.ts") = await (bundle === undefined
  ? import("./run-proxy.ts")
  : import(`${bundle}run-proxy.js`));

/** The only file that may end the process. */
runProxy(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const expected = error instanceof Error && error.name === "StartupError";
    const text = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(1);
  },
);
