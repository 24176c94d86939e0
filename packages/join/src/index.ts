export { JoinError } from "./node/control-request.ts";
export { readJoinDirectory, replaceFile, writeJoinDirectory } from "./node/join-directory.ts";
export { type KeepRenewedOptions, keepRenewed } from "./node/keep-renewed.ts";
export {
  controlUrl,
  joinControlPlane,
  type NodeCredentials,
  renewCredentials,
} from "./node/node-credentials.ts";
export { type Renewed, renewDirectory, type Validity, validityOf } from "./node/renew-directory.ts";
