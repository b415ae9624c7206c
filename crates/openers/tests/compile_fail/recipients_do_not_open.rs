//! What seals does not open.

fn main() {
    let intake: keys::IntakeRecipient = "age1pq1".parse().unwrap();
    let text = intake.open(&[]);
}
