//! The archive's recipient is not what pieces are sealed to.

fn seal_piece(_: &keys::IntakeRecipient) {}

fn main() {
    let archive: keys::ArchiveRecipient = "age1pq1".parse().unwrap();
    seal_piece(&archive);
}
