/** One file per namespace and language, `<language>/<namespace>.json`; a test compares their keys. */
export const NAMESPACES = ["common", "shell", "signIn"] as const;
