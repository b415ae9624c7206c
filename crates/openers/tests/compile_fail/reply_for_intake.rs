//! A reply's one-time recipient is not what pieces are sealed to.

fn seal_piece(_: &keys::IntakeRecipient) {}

fn main() {
    let reply = keys::ReplyRecipient::from_bytes([9; 32]).unwrap();
    seal_piece(&reply);
}
