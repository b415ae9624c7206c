//! Bytes to types and back: kit, piece, dispatch, cell, receipt, statement.
