//! A thread that lost an answer on a platform that cannot be asked: what a person saw to stand is not sent again, and the rest is.

use publish::channels::{
    Abilities, Action, Channel, ChannelSettings, Ended, Fault, Kind, Part, Remote, Standing,
    deliver,
};
use publish::renditions::render;

use super::stand_in::task;
use super::stories;

/// A platform of class D that shows the posts of others' making, and tells no names when `blind`.
struct Platform {
    can: Abilities,
    stands: Vec<(String, Option<String>)>,
    blind: bool,
}

impl Platform {
    fn post(&mut self, part: &Part<'_>) -> Remote {
        let under = part.thread.map(|(_, parent)| parent.id.clone());
        self.stands.push((part.post.text.clone(), under));
        self.named(self.stands.len())
    }

    fn named(&self, number: usize) -> Remote {
        Remote {
            id: number.to_string(),
            url: format!("https://there.example/{number}"),
        }
    }
}

impl Channel for Platform {
    fn abilities(&self) -> Abilities {
        self.can.clone()
    }

    fn check(&mut self) -> Result<Standing, Fault> {
        unreachable!("nobody signs in here")
    }

    fn send(&mut self, part: &Part<'_>) -> Result<Remote, Fault> {
        Ok(self.post(part))
    }

    fn find(&mut self, part: &Part<'_>) -> Result<Option<Remote>, Fault> {
        let place = self
            .stands
            .iter()
            .position(|(text, _)| *text == part.post.text);
        Ok(place
            .filter(|_| !self.blind)
            .map(|place| self.named(place + 1)))
    }

    fn edit(&mut self, _: &Remote, _: &Part<'_>) -> Result<Remote, Fault> {
        unreachable!("nothing is changed here")
    }

    fn delete(&mut self, _: &Remote) -> Result<(), Fault> {
        unreachable!("nothing is taken away here")
    }
}

#[test]
fn the_rest_of_a_thread_follows_what_was_seen_to_stand() {
    let settings = ChannelSettings {
        kind: Kind::X,
        server: String::new(),
        account: String::new(),
        secret: "a b c d".to_owned(),
        proxy: None,
    };
    let can = settings.open("x", || 0).unwrap().abilities();
    let mut words = stories::story(1);
    words.body = "Something was seen. ".repeat(60);
    let posts = render(&words, &can, &[]);
    assert!(posts.len() >= 4, "{}", posts.len());
    for blind in [false, true] {
        let mut there = Platform {
            can: can.clone(),
            stands: Vec::new(),
            blind,
        };
        // Two stand, and of the second no name was heard.
        for post in &posts[..2] {
            there.stands.push((post.text.clone(), None));
        }
        let first = there.named(1);
        let mut row = task(Action::Post, 1, (&words.link, &posts, &[]), &[first]);
        row.seen = true;
        let mut kept = Vec::new();
        let ended = deliver(&mut there, &row, &mut |done| {
            kept = done.to_vec();
            Ok(())
        });
        assert_eq!(ended, Ended::Confirmed(kept.clone()));
        let texts: Vec<_> = there.stands.iter().map(|(text, _)| text).collect();
        let all: Vec<_> = posts.iter().map(|post| &post.text).collect();
        assert_eq!(texts, all, "each once, in order");
        assert_eq!(
            kept.iter().map(Remote::is_nameless).collect::<Vec<_>>()[1],
            blind
        );
        // What has no name is answered by nobody: the thread goes on under the last that has one.
        let parent = if blind { "1" } else { "2" };
        assert_eq!(there.stands[2].1.as_deref(), Some(parent));
        assert_eq!(there.stands[3].1.as_deref(), Some("3"));
    }
}
