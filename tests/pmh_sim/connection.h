// Breaks a connection of an HTTP server from within one of its handlers.
#pragma once

namespace sabun {

// Shuts down this process's server-side connection between `server_port` and `remote_port`: the client reads the end of
// the stream, whatever the handler answers afterwards.
void BreakConnection(int server_port, int remote_port);

// Shuts down every connection that was accepted on `server_port`, so that idle ones do not delay a stop.
void BreakAllConnections(int server_port);

}  // namespace sabun
