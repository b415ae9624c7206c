//! What the field holds to read replies is not what opens pieces.

fn open_piece(_: &openers::IntakeIdentity) {}

fn main() {
    let reply = keys::ReplyIdentity::from_bytes([1; 32]);
    open_piece(&reply);
}
