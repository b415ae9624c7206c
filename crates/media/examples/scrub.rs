//! Scrubs one file from the command line and says what was done: `cargo run -p media --example scrub -- IN OUT [PREVIEW]`.
#![expect(
    clippy::print_stdout,
    reason = "a program for people to try the workshop with"
)]

use std::{fs::File, io::copy, time::Instant};

use media::{Workshop, WorkshopConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    media::worker::main_if_worker();
    let mut arguments = std::env::args_os().skip(1);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("scrub IN OUT [PREVIEW]".into());
    };
    let workshop = Workshop::new(WorkshopConfig::default(), &mut rand_core::OsRng)?;
    workshop.self_check()?;
    let mut source = File::open(from)?;
    let started = Instant::now();
    let probe = workshop.probe(&mut source)?;
    println!("{probe:#?}\nprobed in {:.1?}", started.elapsed());
    if let Some(preview) = arguments.next() {
        let started = Instant::now();
        let mut made = workshop.preview(&mut source)?;
        let shown = made
            .proxy
            .as_mut()
            .map_or(&mut made.poster, |proxy| &mut proxy.output);
        copy(shown, &mut File::create(preview)?)?;
        println!("previewed in {:.1?}", started.elapsed());
    }
    let started = Instant::now();
    let mut scrubbed = workshop.scrub(&mut source)?;
    copy(&mut scrubbed.output, &mut File::create(to)?)?;
    println!(
        "{:#?}\n{} bytes, scrubbed in {:.1?}",
        scrubbed.report,
        scrubbed.output.length(),
        started.elapsed()
    );
    Ok(())
}
