//! Importing a camera's card: everything sealed once, nothing overwritten that is not sealed, cut at every step.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use field::{CameraCard, CameraFile, Field, FieldError, ImportWish, Imported, edges_of};
use zeroize::Zeroizing;

use crate::doubles::{
    Desk, Drops, NOW, Platter, Waits, kit, noise, reopen, rng, set_up, set_up_small, wish,
};

type Files = BTreeMap<String, (Vec<u8>, i64)>;

/// A card in memory that can be pulled out before any step.
#[derive(Clone, Default)]
struct Card {
    files: Rc<RefCell<Files>>,
    pictures: Files,
    fuse: Rc<RefCell<Option<u64>>>,
    bad: Option<String>,
}

impl Card {
    fn step(&self) -> io::Result<()> {
        match self.fuse.borrow_mut().as_mut() {
            Some(0) => Err(io::Error::other("pulled out")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn bytes(&self, file: &CameraFile) -> io::Result<Vec<u8>> {
        if self.bad.as_ref() == Some(&file.place) {
            return Err(io::Error::other("worn out"));
        }
        let files = self.files.borrow();
        let found = self.pictures.get(&file.place).or(files.get(&file.place));
        found
            .map(|(bytes, _)| bytes.clone())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn places(&self) -> Vec<String> {
        self.files.borrow().keys().cloned().collect()
    }

    fn holds(&self, wanted: &[u8]) -> bool {
        let files = self.files.borrow();
        files
            .values()
            .any(|(bytes, _)| bytes.windows(64).any(|window| window == &wanted[..64]))
    }
}

fn listed(files: &Files) -> Vec<CameraFile> {
    let one = |(place, (bytes, modified)): (&String, &(Vec<u8>, i64))| CameraFile {
        place: place.clone(),
        bytes: bytes.len() as u64,
        modified: *modified,
    };
    files.iter().map(one).collect()
}

impl CameraCard for Card {
    fn files(&mut self) -> io::Result<Vec<CameraFile>> {
        Ok(listed(&self.files.borrow()))
    }

    fn edges(&mut self, file: &CameraFile) -> io::Result<(Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>)> {
        Ok(edges_of(&self.bytes(file)?))
    }

    fn open(&mut self, file: &CameraFile) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(self.bytes(file)?)))
    }

    fn has(&mut self, place: &str) -> bool {
        self.files.borrow().contains_key(place)
    }

    fn rename(&mut self, file: &CameraFile, name: &str) -> io::Result<CameraFile> {
        self.step()?;
        let folder = file.place.rsplit_once('/').unwrap().0;
        let place = format!("{folder}/{name}");
        let mut files = self.files.borrow_mut();
        let moved = files.remove(&file.place).unwrap();
        files.insert(place.clone(), moved);
        Ok(CameraFile {
            place,
            ..file.clone()
        })
    }

    fn overwrite(&mut self, file: &CameraFile, noise: &mut dyn FnMut(&mut [u8])) -> io::Result<()> {
        self.step()?;
        let half = file.bytes as usize / 2;
        noise(&mut self.files.borrow_mut().get_mut(&file.place).unwrap().0[..half]);
        self.step()?;
        noise(&mut self.files.borrow_mut().get_mut(&file.place).unwrap().0);
        self.step()?;
        self.files
            .borrow_mut()
            .get_mut(&file.place)
            .unwrap()
            .0
            .clear();
        Ok(())
    }

    fn remove(&mut self, file: &CameraFile) -> io::Result<()> {
        self.step()?;
        self.files.borrow_mut().remove(&file.place);
        Ok(())
    }

    fn harmless(&mut self) -> io::Result<Vec<CameraFile>> {
        Ok(listed(&self.pictures))
    }

    fn put(
        &mut self,
        picture: &CameraFile,
        part: &str,
        place: &str,
        modified: i64,
    ) -> io::Result<()> {
        let bytes = self.bytes(picture)?;
        let part = format!("{}/{part}", place.rsplit_once('/').unwrap().0);
        self.step()?;
        let half = bytes[..bytes.len() / 2].to_vec();
        self.files.borrow_mut().insert(part.clone(), (half, NOW));
        self.step()?;
        let mut files = self.files.borrow_mut();
        files.remove(&part);
        files.insert(place.to_owned(), (bytes, modified));
        Ok(())
    }
}

/// The reporter's files, by name, in the order of capture.
const CAPTURED: [(&str, u64); 4] = [
    ("PRIVATE/AVCHD/BDMV/STREAM/00000.MTS", 4),
    ("DCIM/100CANON/IMG_0002.JPG", 1),
    ("DCIM/100CANON/IMG_0001.JPG", 2),
    ("DCIM/101CANON/MVI_0003.MOV", 3),
];

/// Captured in the order given, whatever the folders say, among what the camera made for itself.
fn card() -> Card {
    let card = Card::default();
    for ((place, seed), at) in CAPTURED.iter().zip(0..) {
        let bytes = noise(*seed, 40_000 + *seed as usize);
        let file = (bytes, NOW + at * 1_000_000);
        card.files.borrow_mut().insert((*place).to_owned(), file);
    }
    for own in [
        "PRIVATE/AVCHD/BDMV/INDEX.BDM",
        "DCIM/100CANON/MVI_0003.THM",
        "DCIM/.thumbnails/1.jpg",
        "DCIM/Thumbs.db",
    ] {
        let file = (vec![1; 10], NOW);
        card.files.borrow_mut().insert(own.to_owned(), file);
    }
    card
}

fn with_pictures(mut card: Card) -> Card {
    for n in 0..3_u8 {
        let picture = (vec![200 + n; 50_000], 7);
        card.pictures.insert(format!("holiday/{n}.jpg"), picture);
    }
    card
}

fn import(
    field: &mut Field<Platter>,
    card: &mut Card,
    erase: bool,
) -> Result<Imported, FieldError> {
    let wish = ImportWish {
        note: "from the card".to_owned(),
        erase,
    };
    // Another run draws other file names, as a real one does.
    let seed = 50 + field.status().dispatches.len() as u64;
    field.import(card, &wish, NOW, &mut rng(seed), &mut |_| {})
}

/// Every item that the newsroom has, by name, and how often.
fn arrived(field: &mut Field<Platter>) -> Vec<(String, Vec<u8>)> {
    let again = field::SendWish {
        again: true,
        ..wish()
    };
    let mut drops = Drops::default();
    let mut clock = Waits::default();
    let sent = field.send(&mut drops, &mut clock, &again, &mut rng(6), &mut |_| {});
    assert_eq!(sent.unwrap().cells_left, 0);
    let desk = Desk::read(&drops.cells());
    let mut dispatches: Vec<_> = desk.pieces.keys().map(|(dispatch, _)| *dispatch).collect();
    dispatches.dedup();
    let mut items = Vec::new();
    for dispatch in dispatches {
        let manifest = desk.manifest(dispatch);
        assert_eq!(manifest.note, "from the card");
        for (at, item) in manifest.items.iter().enumerate() {
            items.push((item.name.clone(), desk.item(dispatch, at)));
        }
    }
    items
}

#[test]
fn a_card_is_sealed_in_the_order_of_capture_and_left_as_it_is() {
    let (_, mut field) = set_up(kit(1, 9));
    let mut card = card();
    let before = card.files.borrow().clone();
    let imported = import(&mut field, &mut card, false).unwrap();
    assert_eq!(
        (imported.files, imported.skipped, imported.erased),
        (4, 4, 0)
    );
    assert_eq!(*card.files.borrow(), before);
    assert!(!field.is_importing(), "the key is gone");
    let items = arrived(&mut field);
    let names: Vec<_> = items.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["00000.MTS", "IMG_0002.JPG", "IMG_0001.JPG", "MVI_0003.MOV"]
    );
    for ((_, bytes), (_, seed)) in items.iter().zip(CAPTURED) {
        assert_eq!(*bytes, noise(seed, 40_000 + seed as usize));
    }
}

#[test]
fn what_is_sealed_is_overwritten_and_harmless_pictures_take_its_place() {
    let (_, mut field) = set_up(kit(1, 9));
    let mut card = with_pictures(card());
    let imported = import(&mut field, &mut card, true).unwrap();
    assert_eq!(
        (imported.files, imported.erased, imported.refilled),
        (4, 4, 3)
    );
    for (_, seed) in CAPTURED {
        assert!(!card.holds(&noise(seed, 40_000)));
    }
    let files = card.files.borrow().clone();
    // As full as before, give or take a file; names and times are those of the originals.
    assert_eq!(files["DCIM/100CANON/IMG_0002.JPG"].1, NOW + 1_000_000);
    assert_eq!(files["DCIM/100CANON/IMG_0001.JPG"].1, NOW + 2_000_000);
    assert_eq!(files["PRIVATE/AVCHD/BDMV/STREAM/00000.JPG"].1, NOW);
    assert!(!files.contains_key("DCIM/101CANON/MVI_0003.MOV"));
    assert!(files.keys().all(|place| !place.ends_with(".TMP")));
}

#[test]
fn a_file_that_cannot_be_read_is_neither_sealed_nor_overwritten() {
    let (_, mut field) = set_up(kit(1, 9));
    let mut card = card();
    card.bad = Some(CAPTURED[1].0.to_owned());
    let imported = import(&mut field, &mut card, true).unwrap();
    assert_eq!(
        (imported.files, imported.unreadable, imported.erased),
        (3, 1, 3)
    );
    assert!(card.places().contains(&CAPTURED[1].0.to_owned()));
    assert_eq!(arrived(&mut field).len(), 3);
}

/// After a cut: nothing is gone that is not sealed; the same import runs to its end; everything arrives once.
fn check_after(platter: &Platter, torn: bool, card: &Card, step: u64) {
    let after = platter.after_power_cut(torn);
    let mut field = reopen(&after, 3);
    *card.fuse.borrow_mut() = None;
    let mut card = card.clone();
    let here = arrived(&mut field);
    for (place, seed) in CAPTURED {
        let bytes = noise(seed, 40_000 + seed as usize);
        let sealed = here.iter().any(|(_, item)| *item == bytes);
        let untouched = card.files.borrow().get(place).is_some_and(|f| f.0 == bytes);
        assert!(sealed || untouched, "{place} is lost at step {step}");
    }
    // An import that came to its end has forgotten what it planted: the card is somebody else's then.
    let done = here.len() == 4 && !field.is_importing();
    if !done {
        import(&mut field, &mut card, true).unwrap();
    }
    assert!(card.places().iter().all(|place| !place.ends_with(".TMP")));
    let items = arrived(&mut field);
    assert_eq!(
        items.len(),
        4,
        "each file once and nothing else; step {step}"
    );
    for (_, seed) in CAPTURED {
        let bytes = noise(seed, 40_000 + seed as usize);
        assert!(items.iter().any(|(_, item)| *item == bytes), "step {step}");
        assert!(!card.holds(&bytes), "step {step}");
    }
}

#[test]
fn g10_cut_anywhere_nothing_is_overwritten_that_is_not_sealed() {
    for torn in [false, true] {
        for step in 0.. {
            let (platter, mut field) = set_up_small(kit(1, 9));
            let mut card = with_pictures(card());
            platter.cut_after(step);
            let outcome = import(&mut field, &mut card, true);
            check_after(&platter, torn, &card, step);
            if outcome.is_ok() {
                assert!(step > 10, "{step}");
                break;
            }
        }
    }
}

#[test]
fn g10_a_card_pulled_out_anywhere_loses_nothing() {
    for step in 0.. {
        let (platter, mut field) = set_up(kit(1, 9));
        let mut card = with_pictures(card());
        *card.fuse.borrow_mut() = Some(step);
        let outcome = import(&mut field, &mut card, true);
        drop(field);
        check_after(&platter, false, &card, step);
        if outcome.is_ok() {
            assert!(step > 15, "{step}");
            break;
        }
    }
}
