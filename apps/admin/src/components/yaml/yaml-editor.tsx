"use client";

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { useEffect, useRef } from "react";
import { useTRPCClient } from "../../client/trpc.tsx";
import type { ConfigProblem, ResourceKind } from "../resource/config-types.ts";
import { diagnosticsOf } from "./diagnostics-of.ts";
import { editorTheme } from "./editor-theme.ts";
import { completionSource, hoverSource } from "./schema-sources.ts";

export interface YamlEditorProps {
  readonly kind: ResourceKind;
  readonly text: string;
  readonly problems: readonly ConfigProblem[];
  readonly readOnly: boolean;
  /** Accessible name. */
  readonly label: string;
  /** Id of the text that says how the keyboard leaves it: Tab indents. */
  readonly describedBy: string;
  /** Field path to put the cursor at, once. */
  readonly at?: string | undefined;
  readonly onChange: (text: string) => void;
}

const FromOutside = Annotation.define<boolean>();

/** The schema-aware editor: completion and explanations from Envoy's API, problems where they stand. */
export function YamlEditor({
  kind,
  text,
  problems,
  readOnly,
  label,
  describedBy,
  at,
  onChange,
}: YamlEditorProps) {
  const client = useTRPCClient();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(onChange);
  changed.current = onChange;
  const editable = useRef(new Compartment());
  const shownAt = useRef(false);
  const initial = useRef({ text, label, describedBy });

  useEffect(() => {
    if (!host.current) return;
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: initial.current.text,
        extensions: [
          lineNumbers(),
          highlightActiveLineGutter(),
          foldGutter(),
          lintGutter(),
          history(),
          drawSelection(),
          indentUnit.of("  "),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          yaml(),
          autocompletion({ override: [completionSource(client, kind)], activateOnTyping: true }),
          hoverTooltip(hoverSource(client, kind), { hoverTime: 350 }),
          keymap.of([
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...foldKeymap,
            ...completionKeymap,
            ...lintKeymap,
            indentWithTab,
          ]),
          EditorView.contentAttributes.of({
            "aria-label": initial.current.label,
            "aria-describedby": initial.current.describedBy,
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.some((change) => change.annotation(FromOutside)))
              changed.current(update.state.doc.toString());
          }),
          editable.current.of([]),
          editorTheme,
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [client, kind]);

  useEffect(() => {
    view.current?.dispatch({
      effects: editable.current.reconfigure([
        EditorState.readOnly.of(readOnly),
        EditorView.editable.of(!readOnly),
      ]),
    });
  }, [readOnly]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const now = editor.state.doc.toString();
    if (now === text) return;
    // Only the part that differs, so that cursor and folds stay where they are.
    let from = 0;
    while (from < now.length && from < text.length && now[from] === text[from]) from += 1;
    let end = 0;
    const endMax = Math.min(now.length, text.length) - from;
    while (end < endMax && now[now.length - 1 - end] === text[text.length - 1 - end]) end += 1;
    editor.dispatch({
      changes: { from, to: now.length - end, insert: text.slice(from, text.length - end) },
      annotations: FromOutside.of(true),
    });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    editor.dispatch(setDiagnostics(editor.state, diagnosticsOf(problems, editor.state.doc.length)));
    const wanted = at !== undefined && problems.find((problem) => problem.path === at)?.position;
    if (wanted && !shownAt.current) {
      shownAt.current = true;
      const offset = Math.min(wanted.offset, editor.state.doc.length);
      editor.dispatch({
        selection: { anchor: offset },
        effects: EditorView.scrollIntoView(offset, { y: "center" }),
      });
    }
  }, [problems, at]);

  return <div ref={host} className="h-full" />;
}
