//! The drop from the outside: its store on a disk that forgets, and its server on real connections.

mod blind;
mod client;
mod faults;
mod forgetful;
mod hostile;
mod recovery;
mod sample;
mod server;
mod uploads;
