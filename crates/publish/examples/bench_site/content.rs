//! Stories made of a small vocabulary by a fixed rule: the same each time, in both languages.

use std::fs;
use std::path::Path;

use publish::{
    Bilingual, CoarsePoint, Grade, Label, PublicLog, PublicPlace, SiteInput, StoryInput, Text,
};
use serde_json::{Value, json};

/// 22 November 2026, 18:01 UTC.
const NOW: i64 = 1_795_370_460_000_000;
const THREE_HOURS: i64 = 3 * 3_600_000_000;

const EN: &str = "bakeries in the old town open again after nine days without flour people had been queueing since four most of them women under the eyes of a patrol that photographed the line two bakers who spoke to us said that each received eleven sacks and was told to sell at most one bag per family we compared the street in the picture with two older ones from our archive awnings drain and shop sign match have covered every face number plate van phones searched at bridge what asked second checkpoint stands eastern end man uniform scrolls through phone for almost minute before handing it back decree shops must close at sunset or lose their licence stamp number series water returns to northern district after week wells electricity school teachers salaries market prices doubled winter fuel hospital street strike recorded within hour authorities deny anyone was hurt music weddings forbidden since spring";
const AR: &str = "أفران البلدة القديمة تعود إلى العمل بعد تسعة أيام بلا طحين ووقف الناس في الطابور منذ الرابعة فجرا ومعظمهم نساء تحت أنظار دورية كانت تصور الواقفين قال لنا خبازان إن كلا منهما تسلم أحد عشر كيسا وأمر بألا يبيع أكثر من ربطة واحدة لكل عائلة قارنا الشارع الظاهر في الصورة بصورتين أقدم من أرشيفنا المظلات والمصرف ولافتة الدكان متطابقة وغطينا كل الوجوه ولوحة السيارة تفتيش الهواتف عند الجسر حاجز ثان يقف عند الطرف الشرقي رجل بزي عسكري يتصفح هاتفا قرابة دقيقة قبل أن يعيده القرار إغلاق المحال عند الغروب أو سحب الرخصة الختم وتسلسل الأرقام المياه تعود إلى الحي الشمالي بعد أسبوع الآبار الكهرباء المدرسة رواتب المعلمين أسعار السوق تضاعفت وقود الشتاء القصف على الشارع المجاور للمشفى السلطات تنفي إصابة أي شخص الموسيقى ممنوعة منذ الربيع";

/// Words in each language; the few above begin them, and syllables on their ends make the others.
const VOCABULARY: usize = 30_000;

/// A small generator with a known sequence; the words only have to be many and mixed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(limit).unwrap()).unwrap()
    }

    /// As in real texts, a few of the words are most of what is said, and most of the words are rare.
    fn zipf(&mut self, limit: usize) -> usize {
        let limit = limit.ilog2();
        let size = 1 << self.below(usize::try_from(limit).unwrap() + 1);
        self.below(size)
    }
}

/// One story as both builders get it.
pub(crate) struct Story {
    pub(crate) number: usize,
    pub(crate) published_at: i64,
    pub(crate) en: Text,
    pub(crate) ar: Text,
    pub(crate) topics: Vec<usize>,
    pub(crate) place: usize,
}

pub(crate) fn stories(count: usize) -> Vec<Story> {
    let en = vocabulary(
        EN,
        &["ba", "do", "ki", "le", "mu", "ra", "si", "tan", "ver", "zo"],
    );
    let ar = vocabulary(
        AR,
        &["ات", "ون", "ها", "نا", "كم", "ية", "ان", "ين", "هم", "تي"],
    );
    let mut dice = Dice(7);
    let behind = |number: usize| i64::try_from(count - number).unwrap() * THREE_HOURS;
    (0..count)
        .map(|number| Story {
            number,
            published_at: NOW - behind(number),
            en: text(&en, &mut dice, number),
            ar: text(&ar, &mut dice, number),
            topics: vec![dice.below(24)],
            place: dice.below(60),
        })
        .collect()
}

fn vocabulary(few: &str, syllables: &[&str]) -> Vec<String> {
    let few: Vec<&str> = few.split(' ').collect();
    let word = |number: usize| {
        let mut word = few[number % few.len()].to_owned();
        let mut rest = number / few.len();
        while rest > 0 {
            word.push_str(syllables[rest % syllables.len()]);
            rest /= syllables.len();
        }
        word
    };
    (0..VOCABULARY).map(word).collect()
}

fn text(words: &[String], dice: &mut Dice, number: usize) -> Text {
    let mut some = |count: usize| -> String {
        let picked: Vec<&str> = (0..count)
            .map(|_| words[dice.zipf(words.len())].as_str())
            .collect();
        picked.join(" ")
    };
    let title = format!("{} {number}", some(9));
    let paragraphs: Vec<String> = (0..5).map(|_| format!("{}.", some(50))).collect();
    Text {
        title,
        body: paragraphs.join("\n\n"),
    }
}

pub(crate) fn write(stories: &[Story], dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    for story in stories {
        let text = |text: &Text| json!({ "title": text.title, "body": text.body });
        let value = json!({
            "number": story.number,
            "published_at": story.published_at,
            "en": text(&story.en),
            "ar": text(&story.ar),
            "topics": story.topics,
            "place": story.place,
        });
        fs::write(
            dir.join(format!("{:05}.json", story.number)),
            value.to_string(),
        )
        .unwrap();
    }
}

/// The site of all stories, oldest first.
pub(crate) fn read(dir: &Path) -> SiteInput {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    SiteInput {
        organisation: "Freedom Desk".to_owned(),
        base_url: "https://desk.example/".parse().unwrap(),
        onion: None,
        built_at: NOW - THREE_HOURS,
        about: None,
        log: PublicLog {
            key: "Freedom_Desk/statements+00000000+AA".to_owned(),
            files: vec![(
                "checkpoint".to_owned(),
                b"Freedom_Desk/statements\n0\n\n".to_vec(),
            )],
        },
        stories: names
            .iter()
            .map(|name| story(&fs::read(name).unwrap()))
            .collect(),
    }
}

fn story(bytes: &[u8]) -> StoryInput {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    let number = value["number"].as_u64().unwrap();
    let at = value["published_at"].as_i64().unwrap();
    let text = |value: &Value| Text {
        title: value["title"].as_str().unwrap().to_owned(),
        body: value["body"].as_str().unwrap().to_owned(),
    };
    let topics = value["topics"].as_array().unwrap().iter();
    let place = value["place"].as_u64().unwrap();
    StoryInput {
        id: format!("{number:032x}"),
        slug: format!("report-{number}"),
        published_at: at,
        updated_at: at,
        grade: Grade::Probable,
        graphic: false,
        en: text(&value["en"]),
        ar: text(&value["ar"]),
        media: Vec::new(),
        topics: topics
            .map(|topic| label("topic", topic.as_u64().unwrap()))
            .collect(),
        place: Some(PublicPlace {
            label: label("place", place),
            point: Some(CoarsePoint {
                latitude: 3_500 + i32::try_from(place).unwrap(),
                longitude: 3_800 + i32::try_from(place * 7 % 60).unwrap(),
            }),
        }),
        when: jiff::Timestamp::from_microsecond(at)
            .unwrap()
            .strftime("%Y-%m-%d")
            .to_string()
            .parse()
            .ok(),
        corrections: Vec::new(),
        withdrawn: None,
    }
}

fn label(kind: &str, number: u64) -> Label {
    Label {
        slug: format!("{kind}-{number}"),
        name: Bilingual {
            en: format!("{kind} {number}"),
            ar: format!(
                "{} {number}",
                if kind == "topic" {
                    "موضوع"
                } else {
                    "مكان"
                }
            ),
        },
    }
}
