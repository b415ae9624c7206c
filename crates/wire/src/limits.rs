//! Limits of the protocol: one place, so that both ends of the line agree on them.

/// Bytes of one cell. A drop stores nothing else, and nothing smaller.
pub const CELL_BYTES: usize = 65_536;

/// Cells that one `POST /v1/cells` may carry.
pub const MAX_CELLS_PER_REQUEST: usize = 64;

/// Bytes of the largest upload: 64 cells, 4 MiB.
pub const MAX_UPLOAD_BYTES: usize = MAX_CELLS_PER_REQUEST * CELL_BYTES;

/// Bytes of one SHA-256.
pub const HASH_BYTES: usize = 32;

/// Cell hashes that one `POST /v1/missing` may ask for.
pub const MAX_HASHES_PER_ASK: usize = 4_096;

/// Cells that one `GET /v1/log` returns at most.
pub const MAX_LOG_CELLS: u32 = 256;

/// Token hashes that one `POST /v1/tokens` may register.
pub const MAX_TOKENS_PER_REQUEST: usize = 4_096;

/// Bytes of the largest checkpoint, and of a log's key.
pub const MAX_CHECKPOINT_BYTES: usize = 4_096;

/// Bytes of the largest tile: 256 hashes.
pub const MAX_TILE_BYTES: usize = 256 * HASH_BYTES;

/// Bytes of the largest JSON body of this protocol.
pub const MAX_JSON_BYTES: usize = 512 * 1_024;

/// How long a session lives after its token's first use: 24 hours, in microseconds.
pub const SESSION_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
