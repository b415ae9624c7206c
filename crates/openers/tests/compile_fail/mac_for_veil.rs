//! The key that authenticates pieces does not veil cells.

fn veil(_: &keys::VeilKeys) {}

fn main() {
    let epoch = keys::ChainKey::from_bytes([1; 32]).epoch_keys();
    veil(&epoch.mac);
}
