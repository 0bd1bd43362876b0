"""Where clients reach the server: TCP with TLS, WebSocket, and what HTTP says of them."""
