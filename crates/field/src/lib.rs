//! What happens inside: import, seal, queue, send, receive.
