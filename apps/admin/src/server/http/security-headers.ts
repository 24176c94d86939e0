import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";

/**
 * Sets what every answer carries; returns the policy's text, which Next reads from the request to put the nonce on its
 * own scripts. Inline styles stay allowed: positions and sizes of menus, charts and the editor are style attributes.
 */
export function setSecurityHeaders(response: ServerResponse, https: boolean): { csp: string; nonce: string } {
  const nonce = randomBytes(16).toString("base64");
  const csp = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...(https ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
  response.setHeader("content-security-policy", csp);
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("x-frame-options", "DENY");
  response.setHeader("referrer-policy", "same-origin");
  response.setHeader("cross-origin-opener-policy", "same-origin");
  response.setHeader("cross-origin-resource-policy", "same-origin");
  response.setHeader("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
  if (https) response.setHeader("strict-transport-security", "max-age=31536000; includeSubDomains");
  return { csp, nonce };
}
