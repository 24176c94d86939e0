import type { SupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { EXTENSION_SOURCE_FIELDS } from "../xds/config-source.ts";

/** Of a filter in a chain of HTTP filters, wherever it stands. */
export const HTTP_FILTER_FIELDS: SupportedFields = {
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter": [
    "name",
    "typed_config",
    "config_discovery",
    "is_optional",
    "disabled",
  ],
  ...EXTENSION_SOURCE_FIELDS,
};
