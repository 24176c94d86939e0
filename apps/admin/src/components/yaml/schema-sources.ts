import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { EditorView, Tooltip } from "@codemirror/view";
import type { useTRPCClient } from "../../client/trpc.tsx";
import type { ResourceKind } from "../resource/config-types.ts";

type Client = ReturnType<typeof useTRPCClient>;

/** What may stand at the cursor, asked of the server, which knows Envoy's whole API. */
export function completionSource(client: Client, kind: ResourceKind) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const word = context.matchBefore(/[\w.@/-]*/);
    if (!context.explicit && (!word || word.from === word.to)) return null;
    const text = context.state.doc.toString();
    const controller = new AbortController();
    context.addEventListener("abort", () => controller.abort());
    const answer = await client.schema.complete
      .mutate({ kind, yaml: text, offset: context.pos }, { signal: controller.signal })
      .catch(() => undefined);
    if (!answer || answer.items.length === 0) return null;
    return {
      from: answer.from,
      to: answer.to,
      options: answer.items.map((item) => ({
        label: item.label,
        apply: item.insert,
        detail: item.detail,
        type: item.kind,
        boost: item.boost,
        ...(item.documentation ? { info: () => docsNode(item.label, item.detail, item.documentation) } : {}),
      })),
      validFor: /^[\w.@/-]*$/,
    };
  };
}

/** What the field under the mouse is for. */
export function hoverSource(client: Client, kind: ResourceKind) {
  return async (view: EditorView, position: number): Promise<Tooltip | null> => {
    const answer = await client.schema.explain
      .mutate({ kind, yaml: view.state.doc.toString(), offset: position })
      .catch(() => undefined);
    if (!answer) return null;
    return {
      pos: Math.min(answer.from, view.state.doc.length),
      end: Math.min(answer.to, view.state.doc.length),
      above: true,
      create: () => ({ dom: docsNode(answer.name, answer.detail, answer.documentation) }),
    };
  };
}

function docsNode(name: string, detail: string, documentation: string): HTMLElement {
  const box = document.createElement("div");
  box.className = "cm-docs";
  const title = document.createElement("strong");
  title.textContent = name;
  const facts = document.createElement("em");
  facts.textContent = detail;
  box.append(title, facts, documentation);
  return box;
}
