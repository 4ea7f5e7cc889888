//! A table that links order: no script is needed to choose a column.

use super::table::{Cell, Column, Row, Sort};
use super::words::rfc3339;
use crate::clock::local_date_and_time;
use crate::escape::escape;
use leptos::prelude::*;
use std::fmt::Write as _;

/// A table, in an order that is the reader's to choose.
#[derive(Clone, Debug)]
pub struct Sorted {
    /// Begins the ids of its parts, unique on the page.
    pub id: String,
    /// What it is, for those who hear the page.
    pub label: String,
    /// Its columns.
    pub columns: &'static [Column],
    /// How its rows are to stand.
    pub sort: Sort,
    /// Its rows, in any order.
    pub rows: Vec<Row>,
    /// The address that links begin with.
    pub address: Address,
    /// What is said where there is no row.
    pub empty: String,
}

/// The address of a page, with parameters that its links keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The page.
    pub path: &'static str,
    /// Names and values; those without a value are left out.
    pub kept: Vec<(&'static str, String)>,
}

impl Address {
    /// The address with more parameters; of one that is there already the new value counts, and an empty one takes it
    /// away.
    pub fn with(&self, more: &[(&str, &str)]) -> String {
        let kept = self.kept.iter().map(|(name, value)| (*name, value.as_str()));
        let kept = kept.filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let mut address = self.path.to_owned();
        let mut sign = '?';
        for (name, value) in kept.chain(more.iter().copied()).filter(|(_, value)| !value.is_empty()) {
            address.push(sign);
            sign = '&';
            address.push_str(name);
            address.push('=');
            encode(value, &mut address);
        }
        address
    }

    /// A link to all rows, where a `filter` leaves some out.
    pub(super) fn show_all(&self, filter: &str) -> Option<AnyView> {
        let href = self.with(&[("filter", "")]);
        (!filter.is_empty()).then(|| view! { <a href=href data-noscroll="">"Show all"</a> }.into_any())
    }

    /// The parameters as fields that the reader does not see, for a form that asks for them too; not `shown`, which the
    /// form has fields for.
    pub(super) fn hidden(&self, shown: &[&str]) -> AnyView {
        self.kept
            .iter()
            .filter(|(name, value)| !shown.contains(name) && !value.is_empty())
            .map(|(name, value)| super::words::hidden(name, value))
            .collect_view()
            .into_any()
    }
}

/// A link that saves what a page shows as one file.
pub fn save_link(address: &Address) -> String {
    let mut html = String::from("<a class=\"save\" rel=\"external\" download href=\"");
    escape(&address.with(&[]), &mut html);
    html.push_str("\">Save this window</a>");
    html
}

/// Appends `text` as a value in an address: [URL Standard](https://url.spec.whatwg.org/#application/x-www-form-urlencoded),
/// with `%20` for a space, which every reader takes.
fn encode(text: &str, address: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
}

impl Sorted {
    pub(super) fn view(self) -> AnyView {
        let Self { id, label, columns, sort, mut rows, address, empty } = self;
        if rows.is_empty() {
            return view! { <p class="empty" data-part=id>{empty}</p> }.into_any();
        }
        sort.apply(&mut rows);
        let heads = columns.iter().enumerate().map(|(place, &column)| {
            let chosen = sort.chosen(place, column);
            let direction = if chosen.descending { "desc" } else { "asc" };
            let name = column.name();
            let href = address.with(&[("sort", &name), ("dir", direction)]);
            view! {
                <th scope="col" class=if column.is_number { "number" } else { "words" } aria-sort=sort.spoken(place)>
                    <a href=href id=format!("{id}-{name}") data-noscroll="">{column.title}</a>
                </th>
            }
        });
        let body = body(&rows);
        view! {
            <div class="table-box" data-part=id>
                <table aria-label=label>
                    <thead><tr>{heads.collect_view()}</tr></thead>
                    <tbody inner_html=body></tbody>
                </table>
            </div>
        }
        .into_any()
    }
}

fn body(rows: &[Row]) -> String {
    let mut html = String::new();
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td class=\"{}\">", cell.class());
            match cell {
                Cell::Time(time) => {
                    let text = local_date_and_time(*time, None);
                    let _ = write!(html, "<time datetime=\"{}\">{text}</time>", rfc3339(*time));
                }
                other => escape(&other.text(), &mut html),
            }
            html.push_str("</td>");
        }
        html.push_str("</tr>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fragments::table::{numbers, words};
    use crate::fragments::words::Written;
    use watchglass_model::{Timestamp, Unit};

    static COLUMNS: [Column; 3] = [words("Route"), numbers("P95"), numbers("Last seen")];

    fn table(rows: Vec<Row>, sort: Sort) -> String {
        let address = Address { path: "/performance", kept: vec![("filter", "a&b".to_owned())] };
        let label = "Routes".to_owned();
        let empty = "No route.".to_owned();
        Sorted { id: "routes".to_owned(), label, columns: &COLUMNS, sort, rows, address, empty }.view().html()
    }

    fn row(route: &str, p95: f64) -> Row {
        vec![
            Cell::Text(route.to_owned()),
            Cell::Number(Unit::Seconds, p95),
            Cell::Time(Timestamp::from_millis(0)),
        ]
    }

    #[test]
    fn links_order_it_and_keep_what_is_asked_for() {
        let html = table(vec![row("/a", 0.1), row("/<b>", 0.2), row("/c", f64::NAN)], Sort::largest(1));
        for part in [
            "href=\"/performance?filter=a%26b&amp;sort=p95&amp;dir=asc\"",
            "href=\"/performance?filter=a%26b&amp;sort=route&amp;dir=asc\"",
            "href=\"/performance?filter=a%26b&amp;sort=last-seen&amp;dir=desc\"",
            "aria-sort=\"descending\"",
            "<time datetime=\"1970-01-01T00:00:00Z\">",
            "id=\"routes-p95\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        let place = |text: &str| html.find(text).unwrap();
        assert!(place("/&lt;b&gt;") < place(">/a<") && place(">/a<") < place(">/c<"), "{html}");
        assert_eq!(html.matches("aria-sort").count(), 1);
        let up = table(
            vec![row("/c", f64::NAN), row("/a", 0.1), row("/b", 0.05)],
            Sort { column: 1, descending: false },
        );
        let place = |text: &str| up.find(text).unwrap();
        assert!(
            place(">/b<") < place(">/a<") && place(">/a<") < place(">/c<"),
            "what is missing is last: {up}"
        );
    }

    #[test]
    fn without_rows_it_says_so() {
        let html = table(Vec::new(), Sort::largest(1));
        assert!(html.contains("No route.") && !html.contains("<table"), "{html}");
    }

    #[test]
    fn addresses_keep_replace_and_leave_out() {
        let address = Address {
            path: "/p",
            kept: vec![("filter", "é /?".to_owned()), ("sort", "cpu".to_owned()), ("at", String::new())],
        };
        for (more, expected) in [
            (&[][..], "/p?filter=%C3%A9%20%2F%3F&sort=cpu"),
            (&[("sort", "name")][..], "/p?filter=%C3%A9%20%2F%3F&sort=name"),
            (&[("filter", ""), ("at", "5")][..], "/p?sort=cpu&at=5"),
        ] {
            assert_eq!(address.with(more), expected);
        }
        assert_eq!(Address { path: "/p", kept: Vec::new() }.with(&[]), "/p");
        let hidden = address.hidden(&["filter"]).html();
        assert!(hidden.contains("name=\"sort\"") && !hidden.contains("filter"), "{hidden}");
    }
}
