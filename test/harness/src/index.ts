export { freePort } from "./free-port.ts";
export { startPostgres, type TestPostgres } from "./start-postgres.ts";
export { type RunningProcess, type StartProcessOptions, startProcess } from "./start-process.ts";
export { waitFor } from "./wait-for.ts";
