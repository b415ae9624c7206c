//! What a site consists of: media and proofs first, since pages say how large they are, then everything made of words.

use ledger::{Listed, LogSigner, SiteManifest, sha256, write_list};
use rayon::prelude::*;

use crate::address::SitePath;
use crate::input::{MediaKind, SiteInput, StoryInput};
use crate::media::{Shown, media_path, proof_path};
use crate::page::{icon_path, style_path};
use crate::postings::Postings;
use crate::site::PublishError;
use crate::story::Ready;
use crate::whole::Whole;
use crate::words::Tongue;
use crate::writer::{Job, Medium, Writer};
use crate::{
    browse, feeds, fingerprint, front, offline, ours, pages, search, sheet, sitemap, story, texts,
};

const STYLE: &[u8] = include_bytes!("../assets/style.css");
const ICON: &[u8] = include_bytes!("../assets/icon.svg");

/// Writes the whole site; gives the words of its stories in each language, to be kept for the next build.
pub(crate) fn fill(
    writer: &mut Writer<'_>,
    input: &SiteInput,
    signer: &LogSigner,
) -> Result<Vec<(Tongue, Postings)>, PublishError> {
    writer.copy(&media(input))?;
    let stories = input.stories.iter().map(|story| ready(writer, story));
    let whole = Whole::new(input, stories.collect());
    let postings = Tongue::BOTH.par_iter().map(|tongue| {
        let before = Postings::load(writer.present(), *tongue);
        (*tongue, search::postings(&whole, *tongue, before))
    });
    let postings: Vec<_> = postings.collect();
    let mut jobs = given(input);
    jobs.push(front::door(&whole));
    jobs.push(search::script());
    jobs.extend(sitemap::jobs(&whole));
    jobs.extend(feeds::shared(&whole));
    jobs.extend(ours::jobs(&whole));
    jobs.extend(offline::jobs(&whole, signer));
    jobs.push(sheet::style());
    for (tongue, postings) in &postings {
        let tongue = *tongue;
        jobs.push(front::index(&whole, tongue));
        jobs.extend(pages::jobs(&whole, tongue));
        jobs.extend(browse::jobs(&whole, tongue));
        jobs.extend(feeds::jobs(&whole, tongue));
        jobs.extend(search::jobs(&whole, tongue, postings));
        jobs.extend(story::jobs(&whole, tongue));
        jobs.extend(texts::jobs(&whole, tongue));
        jobs.push(sheet::job(&whole, tongue));
        jobs.push(ours::page(&whole, tongue));
    }
    writer.make(jobs)?;
    manifest(writer, input, signer)?;
    Ok(postings)
}

/// The list of everything that stands there, and the signed note that names it.
fn manifest(
    writer: &mut Writer<'_>,
    input: &SiteInput,
    signer: &LogSigner,
) -> Result<(), PublishError> {
    let files = writer.files().iter().map(|(path, kept)| Listed {
        sha256: kept.sha256,
        bytes: kept.bytes,
        path: path.as_str().to_owned(),
    });
    let files: Vec<Listed> = files.collect();
    let list = write_list(&files);
    let head = SiteManifest {
        site: input.base_url.as_str().to_owned(),
        decided_at: u64::try_from(input.built_at / 1_000_000).unwrap_or(0),
        files: files.len() as u64,
        bytes: files.iter().map(|one| one.bytes).sum(),
        list: sha256(list.as_bytes()),
    };
    let note = signer.sign_site(&head)?;
    writer.make(vec![
        Job::given(SitePath::made("manifest.txt".to_owned()), list.as_bytes()),
        Job::given(SitePath::made("manifest".to_owned()), note.as_bytes()),
    ])
}

/// Media and stills that are published. Covered media have no still on any page, so none is published.
fn media(input: &SiteInput) -> Vec<Medium<'_>> {
    let all = input
        .stories
        .iter()
        .flat_map(|story| story.media.iter().map(move |one| (story, one)));
    all.flat_map(|(story, one)| {
        let file = Medium {
            path: media_path(&one.sha256, one.kind),
            source: one.bytes.as_ref(),
            expected: one.sha256,
            story: &story.id,
        };
        let still = one.poster.as_ref().filter(|_| !story.graphic);
        let still = still.map(|still| Medium {
            path: media_path(&still.sha256, MediaKind::Jpeg),
            source: still.bytes.as_ref(),
            expected: still.sha256,
            story: &story.id,
        });
        std::iter::once(file).chain(still)
    })
    .collect()
}

fn ready<'a>(writer: &Writer<'_>, story: &'a StoryInput) -> Ready<'a> {
    let media = story.media.iter().map(|one| {
        let file = media_path(&one.sha256, one.kind);
        let still = one.poster.as_ref().filter(|_| !story.graphic);
        Shown {
            input: one,
            bytes: writer.size(&file),
            file,
            proof: proof_path(&story.slug, &one.sha256, one.kind),
            poster: still.map(|still| media_path(&still.sha256, MediaKind::Jpeg)),
        }
    });
    let mut ready = Ready {
        input: story,
        media: media.collect(),
        key: ledger::Digest([0; 32]),
    };
    ready.key = fingerprint::story(&ready);
    ready
}

/// Files whose bytes are given: the log, the proofs, the style.
fn given(input: &SiteInput) -> Vec<Job<'_>> {
    let mut jobs = vec![
        Job::given(style_path(), STYLE),
        Job::given(icon_path(), ICON),
    ];
    let log = input.log.files.iter();
    jobs.extend(log.map(|(name, bytes)| Job::given(SitePath::made(format!("log/{name}")), bytes)));
    for story in &input.stories {
        jobs.extend(story.media.iter().map(|one| {
            let path = proof_path(&story.slug, &one.sha256, one.kind);
            Job::given(path, &one.proof)
        }));
    }
    jobs
}
