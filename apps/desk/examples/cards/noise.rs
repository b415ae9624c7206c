//! A card full of noise, tried by an open desk against the keys of many kits.

use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use desk::clock;
use formats::{CELL, KitId};
use keys::ChainKey;
use newsroom::Private;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};
use store::NewKit;

use crate::gather::open;

const LOOK: Duration = Duration::from_millis(50);

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    desk: PathBuf,
    #[arg(long)]
    custodian: Vec<String>,
    #[arg(long)]
    kits: u8,
    #[arg(long)]
    bytes: u64,
}

pub(crate) fn run(args: &Args) -> Result<Value> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let desk = open(&args.desk, &args.custodian).await?;
        for n in 0..args.kits {
            let kit = NewKit {
                id: KitId([n; 8]),
                pseudonym: Private::from(format!("kit {n}").as_str()),
                chain_key: ChainKey::from_bytes([n; 32]),
                tokens: Vec::new(),
            };
            desk.store()?.issue_kit(&kit, clock::now()).await?;
        }
        let start = Instant::now();
        let (handing, bytes) = (desk.clone(), args.bytes);
        let taken = tokio::task::spawn_blocking(move || handing.take_card(&mut Noise::new(bytes)));
        let windows = taken.await??;
        let handed = start.elapsed().as_secs_f64();
        loop {
            let view = desk.cards().await?;
            if view.waiting == 0 && view.current.is_none() {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        let seconds = start.elapsed().as_secs_f64();
        desk.stop().await;
        Ok(json!({ "windows": windows, "handed": handed, "seconds": seconds, "cells": args.bytes / CELL as u64 }))
    })
}

/// So many bytes of noise.
struct Noise(ChaCha20Rng, u64);

impl Noise {
    fn new(bytes: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(1), bytes)
    }
}

impl Read for Noise {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let part = into
            .len()
            .min(usize::try_from(self.1).unwrap_or(usize::MAX));
        self.0.fill_bytes(&mut into[..part]);
        self.1 -= part as u64;
        Ok(part)
    }
}
