//! Builds the sample site into a folder, to look at: `cargo run -p publish --example sample_site -- DIR`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for looking at pages"
)]

#[path = "../tests/publish/sample.rs"]
mod sample;

fn main() {
    let out = std::env::args_os()
        .nth(1)
        .unwrap_or_else(|| "sample-site".into());
    let built = publish::build(&sample::site_at(8), &sample::signer(), out.as_ref()).unwrap();
    println!("{} files, {} bytes", built.files, built.bytes);
}
