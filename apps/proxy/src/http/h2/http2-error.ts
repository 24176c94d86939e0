import { Http2ErrorCode } from "./frames.ts";

/** What ends a connection (RFC 9113 §5.4.1). */
export interface Http2Error {
  /** As GOAWAY carries it. */
  readonly code: number;
  readonly details: string;
  /** One of the limits against floods was reached, which is no protocol error. */
  readonly flood: boolean;
}

export function protocolError(details: string): Http2Error {
  return { code: Http2ErrorCode.ProtocolError, details, flood: false };
}

export function internalError(details: string): Http2Error {
  return { code: Http2ErrorCode.InternalError, details, flood: false };
}

export function frameSizeError(details: string): Http2Error {
  return { code: Http2ErrorCode.FrameSizeError, details, flood: false };
}

export function flowControlError(details: string): Http2Error {
  return { code: Http2ErrorCode.FlowControlError, details, flood: false };
}

export function streamClosedError(details: string): Http2Error {
  return { code: Http2ErrorCode.StreamClosed, details, flood: false };
}

export function compressionError(details: string): Http2Error {
  return { code: Http2ErrorCode.CompressionError, details, flood: false };
}

export function floodError(details: string): Http2Error {
  return { code: Http2ErrorCode.EnhanceYourCalm, details, flood: true };
}
