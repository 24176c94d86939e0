import { enableCompileCache } from "node:module";

// The cache is each thread's own: without this a worker strips and compiles every file anew.
enableCompileCache();
const { preferMessages } = await import("@sluice/xds/api-registry");
const { FREQUENT_MESSAGES } = await import("./frequent-messages.ts");
preferMessages(FREQUENT_MESSAGES);
await import("./worker-main.ts");
