/** What workers are told of discovered configuration that they compile themselves. */
export type DiscoveryCommand =
  /** `bytes`: an encoded RouteConfiguration. */
  | { readonly type: "route"; readonly name: string; readonly bytes: Uint8Array }
  | { readonly type: "remove-route"; readonly name: string }
  /** `bytes`: an encoded ScopedRouteConfigurationsList, all scopes of the source. */
  | { readonly type: "scopes"; readonly source: string; readonly bytes: Uint8Array }
  | { readonly type: "remove-scopes"; readonly source: string }
  /** `bytes`: an encoded TypedExtensionConfig; undefined: its source has none any more. */
  | { readonly type: "extension-config"; readonly key: string; readonly bytes: Uint8Array | undefined }
  | { readonly type: "remove-extension-config"; readonly key: string };
