//! One style sheet for all pages: each request of a first visit costs more than the bytes of a small sheet.

use super::fingerprint::Fingerprint;
use crate::failure::Failure;
use std::fs;
use std::path::Path;

/// Joins the style sheets that `index.html` in `dist` links, in their order, to one with a content hash in its name, and
/// replaces the links with one link.
///
/// # Errors
/// A file could not be read or written, or `index.html` links no style sheet.
pub(super) fn join(dist: &Path) -> Result<(), Failure> {
    let index = dist.join("index.html");
    let html = fs::read_to_string(&index).map_err(Failure::file("read", &index))?;
    let mut sheet = String::new();
    let mut links = Vec::new();
    for link in Link::all(&html) {
        let path = dist.join(link.href.trim_start_matches('/'));
        sheet.push_str(&fs::read_to_string(&path).map_err(Failure::file("read", &path))?);
        fs::remove_file(&path).map_err(Failure::file("remove", &path))?;
        links.push(link);
    }
    if links.is_empty() {
        return Err(Failure::Usage("app/index.html links no style sheet for Trunk".to_owned()));
    }
    let mut fingerprint = Fingerprint::default();
    fingerprint.text(&sheet);
    let name = format!("style-{}.css", fingerprint.finish());
    let path = dist.join(&name);
    fs::write(&path, sheet).map_err(Failure::file("write", &path))?;
    fs::write(&index, relink(&html, &links, &name)).map_err(Failure::file("write", &index))
}

/// A link to a style sheet.
struct Link<'a> {
    tag: &'a str,
    href: &'a str,
}

impl<'a> Link<'a> {
    fn all(html: &'a str) -> impl Iterator<Item = Self> {
        html.match_indices("<link").filter_map(|(at, _)| {
            let rest = html.get(at..)?;
            let tag = rest.get(..=rest.find('>')?)?;
            let href = tag.split_once("href=\"")?.1.split_once('"')?.0;
            tag.contains("rel=\"stylesheet\"").then_some(Self { tag, href })
        })
    }
}

/// The page with one link where the first was, and none where the others were.
fn relink(html: &str, links: &[Link<'_>], name: &str) -> String {
    let mut text = html.to_owned();
    let mut one = format!("<link rel=\"stylesheet\" href=\"/{name}\">");
    for link in links {
        text = text.replacen(link.tag, &std::mem::take(&mut one), 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_joined_in_order_and_linked_once() {
        let dist = tempfile::tempdir().unwrap();
        let file = |name: &str| dist.path().join(name);
        let html = "<link rel=\"icon\" href=\"/i.svg\"><link rel=\"stylesheet\" href=\"/b-1.css\">\n<link rel=\"stylesheet\" href=\"/a-2.css\"><p>";
        for (name, text) in [("index.html", html), ("b-1.css", "b{}\n"), ("a-2.css", "a{}\n")] {
            fs::write(file(name), text).unwrap();
        }
        join(dist.path()).unwrap();
        let index = fs::read_to_string(file("index.html")).unwrap();
        let link = Link::all(&index).map(|link| link.href.to_owned()).collect::<Vec<_>>();
        let [href] = link.as_slice() else { panic!("one link: {index}") };
        assert_eq!(fs::read_to_string(file(&href[1..])).unwrap(), "b{}\na{}\n");
        assert!(index.starts_with("<link rel=\"icon\" href=\"/i.svg\"><link rel=\"stylesheet\""), "{index}");
        assert!(index.ends_with("\n<p>"), "{index}");
        assert!(!file("b-1.css").exists() && !file("a-2.css").exists());
    }

    #[test]
    fn name_changes_with_the_content() {
        let names = ["a{}", "b{}"].map(|text| {
            let dist = tempfile::tempdir().unwrap();
            fs::write(dist.path().join("a.css"), text).unwrap();
            fs::write(dist.path().join("index.html"), "<link rel=\"stylesheet\" href=\"/a.css\">").unwrap();
            join(dist.path()).unwrap();
            fs::read_to_string(dist.path().join("index.html")).unwrap()
        });
        assert_ne!(names[0], names[1]);
    }

    #[test]
    fn missing_links_and_missing_sheets_are_errors() {
        for html in ["<p>", "<link rel=\"stylesheet\" href=\"/gone.css\">"] {
            let dist = tempfile::tempdir().unwrap();
            fs::write(dist.path().join("index.html"), html).unwrap();
            assert!(join(dist.path()).is_err(), "{html}");
        }
    }
}
