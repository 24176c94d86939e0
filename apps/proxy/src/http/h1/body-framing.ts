/** How a body ends (RFC 9112 §6.3). */
export const Framing = { None: 0, Length: 1, Chunked: 2, UntilClose: 3, Tunnel: 4 } as const;
export type Framing = (typeof Framing)[keyof typeof Framing];

/** What a message's head says of its body. */
export interface FramedHead {
  readonly status: number;
  /** -1 without. */
  readonly contentLength: number;
  readonly isChunked: boolean;
  readonly responseToHead: boolean;
  readonly responseToConnect: boolean;
}

export function requestFraming(head: FramedHead): Framing {
  if (head.isChunked) return Framing.Chunked;
  return head.contentLength > 0 ? Framing.Length : Framing.None;
}

export function responseFraming(head: FramedHead): Framing {
  const { status } = head;
  if (status === 101) return Framing.Tunnel;
  if (head.responseToConnect && status >= 200 && status < 300) return Framing.Tunnel;
  if (status < 200 || status === 204 || status === 304 || head.responseToHead) return Framing.None;
  if (head.isChunked) return Framing.Chunked;
  if (head.contentLength >= 0) return head.contentLength > 0 ? Framing.Length : Framing.None;
  return Framing.UntilClose;
}
