import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The editor in the colours of the page: one theme, because the variables change with light and dark. */
export const editorTheme = [
  EditorView.theme({
    "&": { height: "100%", fontSize: "12px", color: "var(--ink)", backgroundColor: "var(--surface)" },
    "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
    ".cm-scroller": {
      fontFamily: "var(--font-mono, ui-monospace, monospace)",
      lineHeight: "20px",
      overflow: "auto",
    },
    ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    ".cm-gutters": {
      backgroundColor: "var(--surface)",
      color: "var(--faint)",
      border: "none",
      paddingLeft: "8px",
    },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--sunken)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "var(--accent-soft)",
    },
    ".cm-content ::selection": { backgroundColor: "var(--accent-soft)", color: "inherit" },
    ".cm-tooltip": {
      backgroundColor: "var(--surface)",
      color: "var(--ink)",
      border: "1px solid var(--line)",
      borderRadius: "8px",
      boxShadow: "var(--shadow)",
      maxWidth: "480px",
      fontSize: "12px",
    },
    ".cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxHeight: "16em" },
    ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
      backgroundColor: "var(--hover)",
      color: "var(--ink)",
    },
    ".cm-completionDetail": { color: "var(--faint)", fontStyle: "normal" },
    ".cm-completionInfo": { padding: "8px 12px", whiteSpace: "pre-wrap" },
    ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
    ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
    ".cm-panels": { backgroundColor: "var(--canvas)", color: "var(--ink)", borderColor: "var(--line)" },
    ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn)" },
    ".cm-docs": { padding: "8px 12px", whiteSpace: "pre-wrap", maxHeight: "240px", overflowY: "auto" },
    ".cm-docs strong": { display: "block", fontFamily: "var(--font-mono, monospace)" },
    ".cm-docs em": { display: "block", color: "var(--faint)", fontStyle: "normal", marginBottom: "4px" },
    ".cm-changedLine": { backgroundColor: "var(--info-soft) !important" },
    ".cm-deletedChunk": { backgroundColor: "var(--bad-soft)" },
    "&.cm-merge-a .cm-changedLine": { backgroundColor: "var(--bad-soft) !important" },
    "&.cm-merge-b .cm-changedLine": { backgroundColor: "var(--ok-soft) !important" },
    "&.cm-merge-a .cm-changedText, &.cm-merge-b .cm-changedText": {
      background: "none",
      textDecoration: "underline",
      textDecorationThickness: "2px",
    },
    ".cm-collapsedLines": { background: "var(--sunken)", color: "var(--muted)" },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--info)" },
      { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
      { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--warn)" },
      { tag: tags.comment, color: "var(--faint)", fontStyle: "italic" },
      { tag: [tags.punctuation, tags.separator, tags.meta], color: "var(--muted)" },
      { tag: tags.invalid, color: "var(--bad)" },
    ]),
  ),
];
