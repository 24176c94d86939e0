/** What `compileStateValues` reads of its message, for manifests: they are loaded before anything is compiled. */
export const STATE_VALUE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue": [
    "object_key",
    "factory_key",
    "format_string",
    "shared_with_upstream",
    "skip_if_empty",
  ],
};
