//! Hashing, signed notes, Merkle trees and tiles.
