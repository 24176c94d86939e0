export {
  createXdsClient,
  type XdsClient,
  type XdsClientOptions,
  type XdsClientState,
  type XdsSubscription,
  type XdsSubscriptionOptions,
  type XdsTarget,
  type XdsUpdate,
  type XdsUpdateHandler,
} from "./xds-client.ts";
