export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A whole page; `head` is further markup of its head. */
export function page(title: string, body: string, head = ""): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>${head}
<style>body{font:14px sans-serif;margin:2rem}td{padding:.2rem 1rem .2rem 0;vertical-align:top}
.p td{padding-left:1.5rem;color:#555}form{margin:0}</style></head>
<body>${body}</body></html>
`;
}
