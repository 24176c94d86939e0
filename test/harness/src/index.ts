export { freePort, freePorts } from "./free-port.ts";
export { cutAtRandom, type FuzzOptions, type FuzzResult, type FuzzTarget, fuzz } from "./fuzz.ts";
export { type Fields, fieldOf, type Http1Body } from "./http1-message.ts";
export { type NameAnswer, type NameServer, startNameServer } from "./name-server.ts";
export { quickEnough } from "./quick-enough.ts";
export {
  connectRaw,
  type RawConnection,
  type RawResponse,
  type RequestOptions,
  requestBytes,
  requestOnce,
} from "./raw-client.ts";
export {
  type Http2Frame,
  type Http2StreamOutcome,
  headerBlock,
  http2Frame,
  RawHttp2Client,
  type RawHttp2Options,
  requestFields,
} from "./raw-http2-client.ts";
export {
  type RecordedRequest,
  type RecordingUpstream,
  type ReplyChoice,
  startRecordingUpstream,
} from "./recording-upstream.ts";
export type { ScriptedReply } from "./scripted-reply.ts";
export { ConnectionEnded, SocketReader } from "./socket-reader.ts";
export { startPostgres, type TestPostgres } from "./start-postgres.ts";
export { type RunningProcess, type StartProcessOptions, startProcess } from "./start-process.ts";
export {
  installedEnvoy,
  type RunningProxy,
  type StartProxyOptions,
  startEnvoy,
  startSluiceProxy,
} from "./start-proxy.ts";
export { type CertificateWish, type TestCertificate, TestCertificates } from "./test-certificates.ts";
export { waitFor } from "./wait-for.ts";
export { ZSTD_DICTIONARIES } from "./zstd-dictionaries.ts";
