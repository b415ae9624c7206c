//! The fuzz targets replayed without a fuzzer: valid files with bytes flipped and cut, by a seeded generator.

use std::fs;

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};

use crate::inputs::{Inputs, ffmpeg, run, text};

#[test]
fn no_target_fails_on_changed_files() {
    let inputs = Inputs::new();
    let fragments = inputs.path("fragments.mp4");
    let arguments = "-f lavfi -i testsrc2=size=64x48:rate=10:duration=1 -pix_fmt yuv420p -movflags +frag_keyframe+empty_moov+default_base_moof";
    ffmpeg(&arguments.split(' ').collect::<Vec<_>>(), &fragments);
    let picture = inputs.picture("a.jpg", "64x48");
    let seeds = [
        fs::read(&fragments).unwrap(),
        fs::read(&picture).unwrap(),
        fs::read(inputs.picture("a.png", "64x48")).unwrap(),
        fs::read(inputs.document("a.pdf")).unwrap(),
        run("exiftool", &["-json", "-G0:1", text(&picture)]),
        b"P6\n2 2\n255\n0123456789ab".to_vec(),
        b"Page    1 size:  612 x 792 pts\nPage    1 rot:   90\n".to_vec(),
    ];
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut below = |most: usize| usize::try_from(rng.next_u64() % most.max(1) as u64).unwrap();
    for seed in &seeds {
        for round in 0..2000 {
            let mut bytes = seed.clone();
            for _ in 0..below(12) {
                // Mostly near the start, where the lengths are.
                let reach = if round % 2 == 0 {
                    bytes.len()
                } else {
                    bytes.len().min(900)
                };
                let at = below(reach);
                bytes[at] = u8::try_from(below(256)).unwrap();
            }
            if round % 5 == 0 {
                bytes.truncate(below(seed.len()));
            }
            for (_, target) in media::fuzz::ALL {
                target(&bytes);
            }
        }
    }
}
