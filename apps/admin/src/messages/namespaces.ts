/** One file per namespace and language, `<language>/<namespace>.json`; a test compares their keys. */
export const NAMESPACES = [
  "common",
  "shell",
  "signIn",
  "config",
  "release",
  "palette",
  "settings",
  "audit",
  "people",
  "overview",
  "topology",
  "traffic",
  "requests",
  "traces",
  "nodes",
  "explain",
] as const;
