import { TYPE_URLS } from "./type-urls.ts";

/** Where each type is asked for by HTTP and JSON (`google.api.http` of the API's fetch methods). Virtual hosts are not. */
export const REST_PATHS: Readonly<Record<string, string>> = {
  [TYPE_URLS.listener]: "/v3/discovery:listeners",
  [TYPE_URLS.route]: "/v3/discovery:routes",
  [TYPE_URLS.scopedRoute]: "/v3/discovery:scoped-routes",
  [TYPE_URLS.cluster]: "/v3/discovery:clusters",
  [TYPE_URLS.endpoint]: "/v3/discovery:endpoints",
  [TYPE_URLS.secret]: "/v3/discovery:secrets",
  [TYPE_URLS.runtime]: "/v3/discovery:runtime",
  [TYPE_URLS.extensionConfig]: "/v3/discovery:extension_configs",
};
