//! The same words as a site for `hugo`: pages, lists in pages of forty, topics, places, RSS and a sitemap. It asks
//! less of hugo than ours does of itself: no Atom with archives, no JSON Feed, no map, no timeline.

use std::fs;
use std::path::Path;

use publish::Text;

use crate::content::Story;

const CONFIG: &str = r#"baseURL = "https://desk.example/"
title = "Freedom Desk"
defaultContentLanguage = "ar"
defaultContentLanguageInSubdir = true
paginate = 40
rssLimit = 50
disableKinds = []
timeout = "600s"
[taxonomies]
topic = "topics"
place = "places"
[languages.ar]
languageName = "العربية"
languageDirection = "rtl"
contentDir = "content/ar"
[languages.en]
languageName = "English"
contentDir = "content/en"
"#;

const BASE: &str = r#"<!DOCTYPE html>
<html lang="{{ .Language.Lang }}" dir="{{ .Language.LanguageDirection | default "ltr" }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ .Title }} · {{ .Site.Title }}</title>
<meta name="description" content="{{ .Summary | plainify | truncate 200 }}">
<link rel="canonical" href="{{ .Permalink }}">
{{ range .AllTranslations }}<link rel="alternate" hreflang="{{ .Language.Lang }}" href="{{ .Permalink }}">
{{ end }}<link rel="stylesheet" href="/style.css">
{{ range .AlternativeOutputFormats }}<link rel="{{ .Rel }}" type="{{ .MediaType.Type }}" href="{{ .Permalink }}">
{{ end }}</head>
<body>
<header><a href="{{ .Site.Home.RelPermalink }}">{{ .Site.Title }}</a>
{{ range .Translations }}<a href="{{ .RelPermalink }}">{{ .Language.LanguageName }}</a>{{ end }}
<nav><ul><li><a href="{{ "topics/" | relLangURL }}">Topics</a></li><li><a href="{{ "places/" | relLangURL }}">Places</a></li></ul></nav></header>
<main>{{ block "main" . }}{{ end }}</main>
<footer><p>This site sets no cookies, runs no scripts and loads nothing from anywhere else.</p></footer>
</body>
</html>
"#;

const SINGLE: &str = r#"{{ define "main" }}<article><p><time datetime="{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}">{{ .Date.Format "2 January 2006, 15:04" }}</time> <span>{{ .Params.grade }}</span></p>
<h1>{{ .Title }}</h1>
{{ range .GetTerms "places" }}<a href="{{ .RelPermalink }}">{{ .LinkTitle }}</a>{{ end }}
{{ .Content }}
<ul>{{ range .GetTerms "topics" }}<li><a href="{{ .RelPermalink }}">{{ .LinkTitle }}</a></li>{{ end }}</ul></article>{{ end }}
"#;

const LIST: &str = r#"{{ define "main" }}<h1>{{ .Title }}</h1>
{{ range .Paginator.Pages }}<article><p><time datetime="{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}">{{ .Date.Format "2 January 2006" }}</time></p>
<h2><a href="{{ .RelPermalink }}">{{ .Title }}</a></h2></article>
{{ end }}{{ with .Paginator }}{{ if .HasPrev }}<a href="{{ .Prev.URL }}">Newer</a>{{ end }}{{ if .HasNext }}<a href="{{ .Next.URL }}">Older</a>{{ end }}{{ end }}{{ end }}
"#;

pub(crate) fn write(stories: &[Story], dir: &Path) {
    for (name, text) in [
        ("config.toml", CONFIG),
        ("layouts/_default/baseof.html", BASE),
        ("layouts/_default/single.html", SINGLE),
        ("layouts/_default/list.html", LIST),
    ] {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    for (tag, text) in [
        ("en", (|story| &story.en) as fn(&Story) -> &Text),
        ("ar", |story| &story.ar),
    ] {
        let folder = dir.join("content").join(tag).join("stories");
        fs::create_dir_all(&folder).unwrap();
        for story in stories {
            let page = page(story, text(story));
            fs::write(folder.join(format!("report-{}.md", story.number)), page).unwrap();
        }
    }
}

fn page(story: &Story, text: &Text) -> String {
    let date = jiff::Timestamp::from_microsecond(story.published_at).unwrap();
    let topics: Vec<String> = story
        .topics
        .iter()
        .map(|topic| format!("topic-{topic}"))
        .collect();
    format!(
        "---\ntitle: \"{}\"\ndate: {date}\ngrade: probable\ntopics: {topics:?}\nplaces: [\"place-{}\"]\n---\n\n{}\n",
        text.title, story.place, text.body
    )
}
