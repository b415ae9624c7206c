//! What `openers` promises, tested from outside in one binary.

mod cctv;
mod npm_interop;
mod stock_age;
mod unlocking;
mod vectors;
