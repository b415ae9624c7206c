//! The archive's identity is not what opens pieces, nor does it come with the intake's recipient.

fn open_piece(_: &openers::IntakeIdentity) {}

fn main() {
    let archive = openers::ArchiveIdentity::from_bytes([1; 32]);
    open_piece(&archive);
    let _: keys::IntakeRecipient = archive.recipient();
}
