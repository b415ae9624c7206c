//! The built program: started, used, killed, watched from outside.

mod command_line;
mod kill;
mod running;
mod syncs;
