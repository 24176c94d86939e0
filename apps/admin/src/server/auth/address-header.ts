/** Set by our own server from the socket, after deleting whatever the client sent under this name. */
export const ADDRESS_HEADER = "x-sluice-peer-address";
