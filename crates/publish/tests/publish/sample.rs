//! A small newsroom's site with one of everything, for tests and for looking at.

use std::sync::Arc;

use image::{ImageFormat, Rgb, RgbImage};
use ledger::{LogSigner, sha256};
use publish::{
    Bilingual, CoarsePoint, Correction, Further, Grade, Label, MediaInput, MediaKind, Poster,
    PublicLog, PublicPlace, SiteInput, Small, StoryInput, Text,
};

/// 22 November 2026, 18:01 UTC.
const NOW: i64 = 1_795_370_460_000_000;
const DAY: i64 = 86_400_000_000;

/// A picture that looks like evening over a street: soft, and different for each seed.
fn picture(seed: u32, width: u32, height: u32) -> Vec<u8> {
    let tint = [
        (214, 150, 96),
        (120, 150, 170),
        (150, 140, 110),
        (90, 110, 120),
    ][(seed % 4) as usize];
    let image = RgbImage::from_fn(width, height, |x, y| {
        let sky = f64::from(y) / f64::from(height);
        let skyline = 0.55
            + 0.12 * ((f64::from(x / 90 + seed) * 1.7).sin() + (f64::from(x / 37) * 0.9).cos())
                / 2.0;
        let shade = |c: i32| {
            let light = f64::from(c) * (1.15 - 0.6 * sky);
            let dark = f64::from(c) * 0.28 + f64::from((x * 7 + y * 13) % 9);
            if sky < skyline { light } else { dark }
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a byte"
        )]
        let byte = |value: f64| value.clamp(0.0, 255.0) as u8;
        Rgb([
            byte(shade(tint.0)),
            byte(shade(tint.1)),
            byte(shade(tint.2)),
        ])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

fn both(en: &str, ar: &str) -> Bilingual {
    Bilingual {
        en: en.to_owned(),
        ar: ar.to_owned(),
    }
}

fn text(title: &str, body: &str) -> Text {
    Text {
        title: title.to_owned(),
        body: body.to_owned(),
    }
}

fn medium(bytes: Vec<u8>, kind: MediaKind, alt: Bilingual, poster: Option<Vec<u8>>) -> MediaInput {
    MediaInput {
        sha256: sha256(&bytes),
        kind,
        alt,
        poster: poster.map(|bytes| Poster {
            sha256: sha256(&bytes),
            bytes: Arc::new(bytes),
        }),
        dimensions: matches!(kind, MediaKind::Jpeg | MediaKind::Mp4).then_some((1200, 800)),
        proof: format!("{{\"proof\":\"{}\"}}", sha256(&bytes)).into_bytes(),
        further: Further {
            small: (kind == MediaKind::Mp4).then(small),
            ..Further::default()
        },
        bytes: Arc::new(bytes),
    }
}

/// What was made of a film for editions without a net.
fn small() -> Small {
    let bytes = vec![2; 90_000];
    Small {
        sha256: sha256(&bytes),
        bytes: Arc::new(bytes),
    }
}

/// The key that signs the sample's manifest.
pub(crate) fn signer() -> LogSigner {
    LogSigner::from_seed("Freedom_Desk/statements", &[5; 32]).unwrap()
}

/// The whole sample; its pictures are `scale` times 150 pixels wide.
pub(crate) fn site_at(scale: u32) -> SiteInput {
    SiteInput {
        organisation: "Freedom Desk · منبر الحرية".to_owned(),
        base_url: "https://desk.example/news".parse().unwrap(),
        onion: None,
        built_at: NOW,
        about: None,
        log: PublicLog {
            key: "Freedom_Desk/statements+2f9e4c10+AaJ3n8k3T9kqgk3b0b8o5Wm3m2Y9m5v1J9cN4q8mQk0r"
                .to_owned(),
            files: vec![
                (
                    "checkpoint".to_owned(),
                    b"Freedom_Desk/statements\n16\nAAAA\n\n".to_vec(),
                ),
                ("tile/0/000.p/16".to_owned(), vec![7; 512]),
                ("tile/entries/000.p/16".to_owned(), vec![9; 544]),
            ],
        },
        stories: vec![
            bread(scale),
            checkpoint_story(scale),
            hospital(scale),
            decree(scale),
            song(),
            gone(),
        ],
    }
}

fn story(id: u8, slug: &str, days_ago: i64, grade: Grade, en: Text, ar: Text) -> StoryInput {
    StoryInput {
        id: format!("{id:032x}"),
        slug: slug.to_owned(),
        published_at: NOW - days_ago * DAY,
        updated_at: NOW - days_ago * DAY,
        grade,
        graphic: false,
        en,
        ar,
        media: Vec::new(),
        topics: Vec::new(),
        place: None,
        when: None,
        corrections: Vec::new(),
        withdrawn: None,
    }
}

fn label(slug: &str, en: &str, ar: &str) -> Label {
    Label {
        slug: slug.to_owned(),
        name: both(en, ar),
    }
}

fn prices() -> Label {
    label("bread-and-prices", "Bread and prices", "الخبز والأسعار")
}

fn control() -> Label {
    label(
        "checkpoints",
        "Checkpoints and searches",
        "الحواجز والتفتيش",
    )
}

fn decrees() -> Label {
    label("decrees", "Decrees", "القرارات")
}

fn place(slug: &str, en: &str, ar: &str, point: Option<(i32, i32)>) -> Option<PublicPlace> {
    Some(PublicPlace {
        label: label(slug, en, ar),
        point: point.map(|(latitude, longitude)| CoarsePoint {
            latitude,
            longitude,
        }),
    })
}

/// A story that was told once and is not any more.
fn gone() -> StoryInput {
    let mut story = story(
        6,
        "market-fire",
        12,
        Grade::Unconfirmed,
        Text::default(),
        Text::default(),
    );
    story.updated_at = NOW - DAY;
    story.withdrawn = Some(both(
        "The pictures turned out to be two years old. We should have found the earlier copies.",
        "تبيّن أنّ الصور تعود إلى سنتين. وكان علينا أن نعثر على النسخ الأقدم.",
    ));
    story
}

fn bread(scale: u32) -> StoryInput {
    let en = text(
        "Bakeries in the old town open again after nine days without flour",
        "Three of the seven bakeries in the old town lit their ovens this morning for the first time in nine days. People had been queueing since four, most of them women, under the eyes of a patrol that photographed the line.\n\nTwo bakers who spoke to us said that each received eleven sacks and was told to sell at most one bag per family.\nA bag cost four times what it did in spring.\n\nWe compared the street in the picture with two older ones from our archive; the awnings, the drain and the shop sign match. We have covered every face and the number plate of the van.",
    );
    let ar = text(
        "أفران البلدة القديمة تعود إلى العمل بعد تسعة أيام بلا طحين",
        "أوقدت ثلاثة من أفران البلدة القديمة السبعة نيرانها هذا الصباح للمرّة الأولى منذ تسعة أيام. ووقف الناس في الطابور منذ الرابعة فجرًا، ومعظمهم نساء، تحت أنظار دورية كانت تصوّر الواقفين.\n\nقال لنا خبّازان إنّ كلًّا منهما تسلّم أحد عشر كيسًا وأُمر بألّا يبيع أكثر من ربطة واحدة لكلّ عائلة.\nوبلغ سعر الربطة أربعة أضعاف ما كان عليه في الربيع.\n\nقارنّا الشارع الظاهر في الصورة بصورتين أقدم من أرشيفنا؛ المظلّات والمصرف ولافتة الدكّان متطابقة. وغطّينا كلّ الوجوه ولوحة السيارة.",
    );
    let alt = both(
        "A long line of people in front of a bakery at dawn; all faces are covered.",
        "طابور طويل أمام فرن عند الفجر؛ الوجوه كلّها مغطّاة.",
    );
    let mut story = story(1, "bread-line", 0, Grade::Confirmed, en, ar);
    story.topics = vec![prices()];
    story.place = place(
        "old-town",
        "The old town",
        "البلدة القديمة",
        Some((3595, 3901)),
    );
    story.when = Some("2026-11-22".parse().unwrap());
    story.media = vec![medium(
        picture(0, scale * 150, scale * 100),
        MediaKind::Jpeg,
        alt,
        None,
    )];
    story
}

fn checkpoint_story(scale: u32) -> StoryInput {
    let en = text(
        "Phones searched at the bridge: what people are asked",
        "Since Thursday a second checkpoint stands at the eastern end of the bridge. In the video a man in uniform scrolls through a phone for almost a minute before handing it back.\n\nFour people described the same questions to us, independently of one another.",
    );
    let ar = text(
        "تفتيش الهواتف عند الجسر: ما الذي يُسأل عنه الناس",
        "منذ يوم الخميس يقف حاجز ثانٍ عند الطرف الشرقي للجسر. في المقطع يتصفّح رجل بزيّ عسكري هاتفًا قرابة دقيقة قبل أن يعيده.\n\nوصف لنا أربعة أشخاص الأسئلة نفسها، كلٌّ على حدة.",
    );
    let alt = both(
        "Video: a phone is searched at a checkpoint.",
        "مقطع مصوّر: تفتيش هاتف عند حاجز.",
    );
    let mut story = story(2, "bridge-phones", 2, Grade::Probable, en, ar);
    story.updated_at += DAY / 2;
    story.topics = vec![control()];
    story.place = place(
        "eastern-bridge",
        "The eastern bridge",
        "الجسر الشرقي",
        Some((3596, 3904)),
    );
    story.when = Some("2026-11-19/2026-11-20".parse().unwrap());
    story.corrections = vec![Correction {
        at: story.updated_at,
        note: both(
            "An earlier version said that the second checkpoint stood at the western end of the bridge.",
            "ورد في نسخة سابقة أنّ الحاجز الثاني يقف عند الطرف الغربي للجسر.",
        ),
    }];
    story.media = vec![medium(
        vec![1; 2_400_000],
        MediaKind::Mp4,
        alt,
        Some(picture(1, scale * 160, scale * 90)),
    )];
    story
}

fn hospital(scale: u32) -> StoryInput {
    let en = text(
        "After the strike on the street beside the hospital",
        "The pictures were recorded within an hour of the strike. We show them because the authorities deny that anyone was hurt.",
    );
    let ar = text(
        "بعد القصف على الشارع المجاور للمشفى",
        "سُجّلت هذه الصور خلال ساعة من القصف. ننشرها لأنّ السلطات تنفي إصابة أيّ شخص.",
    );
    let alt = both(
        "Wounded people are carried into a building.",
        "جرحى يُنقلون إلى داخل مبنى.",
    );
    let mut story = story(3, "hospital-street", 4, Grade::Unconfirmed, en, ar);
    story.graphic = true;
    story.place = place(
        "northern-district",
        "The northern district",
        "الحيّ الشمالي",
        Some((3601, 3899)),
    );
    story.when = Some("2026-11-18~".parse().unwrap());
    story.media = vec![medium(
        picture(2, scale * 140, scale * 100),
        MediaKind::Jpeg,
        alt,
        Some(picture(3, 40, 30)),
    )];
    story
}

fn decree(scale: u32) -> StoryInput {
    let en = text(
        "Decree 41: shops must close at sunset, or lose their licence",
        "We publish the decree in full. The stamp and the number series match three earlier ones.",
    );
    let ar = text(
        "القرار رقم 41: إغلاق المحالّ عند الغروب أو سحب الرخصة",
        "ننشر القرار كاملًا. الختم وتسلسل الأرقام يطابقان ثلاثة قرارات سابقة.",
    );
    let alt = both("The decree, two pages.", "القرار، في صفحتين.");
    let mut story = story(4, "decree-41", 9, Grade::Contested, en, ar);
    story.topics = vec![decrees(), prices()];
    story.when = Some("2026-11".parse().unwrap());
    story.media = vec![medium(
        vec![2; 310_000],
        MediaKind::Pdf,
        alt,
        Some(picture(3, scale * 53, scale * 75)),
    )];
    story
}

fn song() -> StoryInput {
    let en = text(
        "A wedding song, recorded <before> the \"ban\" & after",
        "Music at weddings is forbidden since the spring. This is forty seconds of it.",
    );
    let ar = text(
        "أغنية عرس سُجّلت قبل «المنع» وبعده",
        "الموسيقى في الأعراس ممنوعة منذ الربيع. هذه أربعون ثانية منها.",
    );
    let alt = both(
        "Recording: people sing at a wedding.",
        "تسجيل: غناء في عرس.",
    );
    let mut story = story(5, "wedding-song", 30, Grade::Unverifiable, en, ar);
    story.when = Some("2026?".parse().unwrap());
    story.place = place("villages", "Villages in the south", "قرى في الجنوب", None);
    story.media = vec![medium(vec![3; 640_000], MediaKind::Mp3, alt, None)];
    story
}
