//! A secret has no text form that could slip into a message.

fn main() {
    let secret = keys::ReplySecret::from_bytes([1; 32]);
    println!("{secret}");
}
