//! A reply's secret is no link of a kit's chain.

fn main() {
    let secret = keys::ReplySecret::from_bytes([1; 32]);
    let next = secret.advance();
}
