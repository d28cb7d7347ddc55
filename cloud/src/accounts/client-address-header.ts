/** Set by the HTTP server from the socket, after it removed whatever the client sent under this name. */
export const clientAddressHeader = 'x-holdfast-client-address';
