"use client";

import { yaml } from "@codemirror/lang-yaml";
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { editorTheme } from "./editor-theme.ts";

export interface YamlCompareProps {
  readonly before: string;
  readonly after: string;
  readonly beforeLabel: string;
  readonly afterLabel: string;
}

/** Two texts side by side; what is the same in both is folded. */
export function YamlCompare({ before, after, beforeLabel, afterLabel }: YamlCompareProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const extensions = (label: string) => [
      lineNumbers(),
      yaml(),
      EditorState.readOnly.of(true),
      EditorView.editable.of(false),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
      editorTheme,
    ];
    const view = new MergeView({
      parent: host.current,
      a: { doc: before, extensions: extensions(beforeLabel) },
      b: { doc: after, extensions: extensions(afterLabel) },
      gutter: true,
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    return () => view.destroy();
  }, [before, after, beforeLabel, afterLabel]);
  return (
    <div className="overflow-hidden rounded-lg border border-line">
      <div className="grid grid-cols-2 border-b border-line bg-canvas text-xs font-medium text-muted">
        <span className="px-3 py-1">{beforeLabel}</span>
        <span className="px-3 py-1">{afterLabel}</span>
      </div>
      <div ref={host} className="max-h-[480px] overflow-auto" />
    </div>
  );
}
