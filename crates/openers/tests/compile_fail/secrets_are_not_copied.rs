//! A link of the chain cannot be kept by copying it: advancing must be able to erase it.

fn main() {
    let link = keys::ChainKey::from_bytes([1; 32]);
    let copy = link.clone();
}
