export { createFileClient, type FileClientOptions } from "./file-client.ts";
export {
  type ClusterStatsInit,
  createLoadReportClient,
  type LoadReportClient,
  type LoadSource,
} from "./load-report-client.ts";
export { createOrderClient, type NodeStatusInit, type OrderClient, type OrderReply } from "./order-client.ts";
export { createRestClient, type RestClientOptions } from "./rest-client.ts";
export {
  createXdsClient,
  type XdsClient,
  type XdsClientOptions,
  type XdsClientState,
  type XdsConnectTarget,
  type XdsResource,
  type XdsSubscription,
  type XdsSubscriptionOptions,
  type XdsTarget,
  type XdsUpdate,
  type XdsUpdateHandler,
} from "./xds-client.ts";
