//! Table whose column headers are links that sort it: works without scripts.

use super::table::{Cell, Column, Row, Sort};
use super::{PageUrl, rfc3339};
use app::{escape, local_date_and_time, url};
use leptos::prelude::*;
use std::fmt::Write as _;

/// Table that can be sorted by column.
#[derive(Clone, Debug)]
pub struct SortableTable {
    /// Prefix of its element ids, unique on the page.
    pub id: String,
    /// Accessible name.
    pub label: String,
    /// Columns.
    pub columns: &'static [Column],
    /// Order of the rows.
    pub sort: Sort,
    /// Rows, in any order.
    pub rows: Vec<Row>,
    /// URL that the links extend.
    pub url: PageUrl,
    /// Shown if there are no rows.
    pub empty: String,
}

impl SortableTable {
    pub(crate) fn view(self) -> AnyView {
        let Self { id, label, columns, sort, mut rows, url: address, empty } = self;
        if rows.is_empty() {
            return view! { <p class="empty" data-part=id>{empty}</p> }.into_any();
        }
        sort.apply(&mut rows);
        let heads = columns.iter().enumerate().map(|(index, &column)| {
            let chosen = sort.toggled(index, column);
            let direction = if chosen.descending { "desc" } else { "asc" };
            let name = column.name();
            let href = address.with_params(&[("sort", &name), ("dir", direction)]);
            view! {
                <th scope="col" class=column.class() aria-sort=sort.aria_sort(index)>
                    <a href=url(href) id=format!("{id}-{name}") data-noscroll="">{column.title}</a>
                </th>
            }
        });
        let body = body(&rows);
        view! {
            <div class="table-box" data-part=id>
                <table class="fixed" aria-label=label>
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
            let _ = write!(html, "<td class=\"{}\"", cell.class());
            if let Some(text) = cell.tooltip() {
                html.push_str(" title=\"");
                escape(text, &mut html);
                html.push('"');
            }
            html.push('>');
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
    use crate::ui::StaticHtml;
    use crate::ui::{number_column, text_column};
    use watchglass_model::{Timestamp, Unit};

    static COLUMNS: [Column; 3] = [text_column("Route"), number_column("p95"), number_column("Last seen")];

    fn table(rows: Vec<Row>, sort: Sort) -> String {
        let address = PageUrl { path: "/performance", params: vec![("filter", "a&b".to_owned())] };
        let label = "Routes".to_owned();
        let empty = "No route.".to_owned();
        SortableTable { id: "routes".to_owned(), label, columns: &COLUMNS, sort, rows, url: address, empty }
            .view()
            .html()
    }

    fn row(route: &str, p95: f64) -> Row {
        vec![
            Cell::Text(route.to_owned()),
            Cell::Number(Unit::Seconds, p95),
            Cell::Time(Timestamp::from_millis(0)),
        ]
    }

    #[test]
    fn code_on_a_line_has_a_tooltip() {
        let html = body(&[vec![Cell::CodeLine("a \"<b>\"".to_owned())]]);
        let expected =
            "<td class=\"code line\" title=\"a &quot;&lt;b&gt;&quot;\">a &quot;&lt;b&gt;&quot;</td>";
        assert!(html.contains(expected), "{html}");
    }

    #[test]
    fn header_links_sort_and_preserve_parameters() {
        let html = table(vec![row("/a", 0.1), row("/<b>", 0.2), row("/c", f64::NAN)], Sort::largest_first(1));
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
            "missing values are last: {up}"
        );
    }

    #[test]
    fn empty_table_says_so() {
        let html = table(Vec::new(), Sort::largest_first(1));
        assert!(html.contains("No route.") && !html.contains("<table"), "{html}");
    }
}
