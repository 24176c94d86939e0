import { parseDocument } from "yaml";

/** A YAML text as plain data, or what is wrong with it as YAML. */
export function readYaml(text: string): { readonly value: unknown; readonly error: string | undefined } {
  const document = parseDocument(text, { merge: true });
  const [error] = document.errors;
  if (error) return { value: undefined, error: error.message };
  try {
    return { value: document.toJS({ maxAliasCount: 1000 }), error: undefined };
  } catch (failure) {
    return { value: undefined, error: failure instanceof Error ? failure.message : String(failure) };
  }
}
