//! From a form to a silence.

use super::fields::{Fields, Refusal};
use super::{duration, lines};
use crate::routes::USUAL_LENGTH;
use std::time::Duration;
use watchglass_alerts::telling::{Silence, TimeOfDay, Weekday, Weekly, spans_hosts};
use watchglass_alerts::{AlertKey, Matcher, Operator};
use watchglass_export::parse_time;
use watchglass_model::Timestamp;

/// The most matchers of a silence.
const MOST_MATCHERS: usize = 10;
/// Names that mean something else in a matcher than a label of a series.
const PROPERTIES: [&str; 4] = ["rule", "severity", "component", "subject"];
/// The reason that stands there when nobody gives one.
const NO_REASON: &str = "silenced from its alert, no reason given";

/// The silence of one alert, for the `length` that was pressed or the field `for`.
///
/// # Errors
/// The length is none.
pub(super) fn of_alert(
    key: &AlertKey,
    fields: &Fields,
    length: Option<&str>,
    id: String,
    now: Timestamp,
) -> Result<Silence, Refusal> {
    let equal = |(label, value): (&str, &str)| Matcher {
        label: label.to_owned(),
        operator: Operator::Equal,
        value: value.to_owned(),
    };
    // What another host finds as well is to be quiet there, too.
    let is_any_host = spans_hosts(&key.labels);
    let labels = key.labels.iter().filter(|(label, _)| !PROPERTIES.contains(label));
    let labels = labels.filter(|(label, _)| !is_any_host || *label != "host").map(equal);
    let matchers = [equal(("rule", &key.rule))].into_iter().chain(labels).take(MOST_MATCHERS);
    Ok(Silence {
        id,
        name: String::new(),
        matchers: matchers.collect(),
        start: now,
        end: Some(now + self::length(fields, length)?.unwrap_or(USUAL_LENGTH)),
        weekly: None,
        author: fields.get("who").to_owned(),
        reason: fields.given("why").unwrap_or_else(|| NO_REASON.to_owned()),
    })
}

/// The silence that the form of the silences asks for. What a silence may be is checked where it is added.
///
/// # Errors
/// A field that cannot be read.
pub(super) fn read(
    fields: &Fields,
    length: Option<&str>,
    id: String,
    now: Timestamp,
) -> Result<Silence, Refusal> {
    let time = |name: &'static str| {
        let text = fields.given(name);
        text.map(|text| parse_time(&text).map_err(|reason| Refusal::field(name, &reason))).transpose()
    };
    let weekly = weekly(fields)?;
    let start = time("start")?.unwrap_or(now);
    let end = match (time("end")?, self::length(fields, length)?) {
        (Some(_), Some(_)) => {
            return Err(Refusal::field("end", "there are a length and an end: one of them is enough"));
        }
        (Some(end), None) => Some(end),
        (None, Some(length)) => Some(start + length),
        (None, None) if weekly.is_some() => None,
        (None, None) => Some(start + USUAL_LENGTH),
    };
    Ok(Silence {
        id,
        name: fields.get("name").to_owned(),
        matchers: lines::read_matchers(fields.get("matchers"))
            .map_err(|reason| Refusal::field("matchers", &reason))?,
        start,
        end,
        weekly,
        author: fields.get("who").to_owned(),
        reason: fields.get("why").to_owned(),
    })
}

fn length(fields: &Fields, pressed: Option<&str>) -> Result<Option<Duration>, Refusal> {
    let seconds = match pressed {
        Some(pressed) => duration::read(pressed).map_err(|reason| Refusal::field("do", &reason))?,
        None => fields.seconds("for")?,
    };
    Ok(seconds.map(|seconds| Duration::from_secs(u64::from(seconds))))
}

/// The hours of the week; `None` when nothing is said of them.
fn weekly(fields: &Fields) -> Result<Option<Weekly>, Refusal> {
    let is_given =
        fields.has("day") || ["from", "to", "zone"].into_iter().any(|name| fields.given(name).is_some());
    if !is_given {
        return Ok(None);
    }
    let day = |text: &str| {
        serde_json::from_value::<Weekday>(text.into())
            .map_err(|_| Refusal::field("day", "it must be monday, tuesday, … or sunday"))
    };
    let time = |name: &'static str| {
        TimeOfDay::try_from(fields.get(name).to_owned()).map_err(|reason| Refusal::field(name, &reason))
    };
    Ok(Some(Weekly {
        days: fields.all("day").map(day).collect::<Result<_, _>>()?,
        from: time("from")?,
        to: time("to")?,
        zone: fields.given("zone").unwrap_or_else(|| "UTC".to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn read(pairs: &[(&str, &str)]) -> Result<Silence, Refusal> {
        super::read(&fields(pairs), None, "s1".to_owned(), NOW)
    }

    #[test]
    fn a_form_becomes_a_silence() {
        let silence = read(&[
            ("matchers", "component = disk\nhost =~ web-.*"),
            ("for", "30m"),
            ("who", " ada "),
            ("why", "x"),
        ])
        .unwrap();
        assert_eq!((silence.author.as_str(), silence.matchers.len()), ("ada", 2));
        assert_eq!(silence.end, Some(NOW + Duration::from_secs(1800)));
        assert_eq!(read(&[]).unwrap().end, Some(NOW + USUAL_LENGTH));
        let later = read(&[("start", "2026-11-22T18:00:00Z"), ("end", "2026-11-22T19:00:00Z")]).unwrap();
        assert_eq!(later.end.unwrap().millis_since(later.start), 3_600_000);
        let weekly =
            read(&[("day", "monday"), ("day", "friday"), ("from", "22:00"), ("to", "06:00"), ("for", "")])
                .unwrap();
        assert_eq!(weekly.end, None);
        let hours = weekly.weekly.unwrap();
        assert_eq!((hours.days.len(), hours.zone.as_str()), (2, "UTC"));
    }

    #[test]
    fn what_cannot_be_read_names_its_field() {
        for (pairs, field) in [
            (&[("for", "soon")][..], "for"),
            (&[("end", "tomorrow")][..], "end"),
            (&[("start", "x")][..], "start"),
            (&[("end", "2026-11-22T19:00:00Z"), ("for", "2h")][..], "end"),
            (&[("matchers", "disk")][..], "matchers"),
            (&[("day", "someday"), ("from", "22:00"), ("to", "23:00")][..], "day"),
            (&[("day", "monday"), ("from", "22"), ("to", "23:00")][..], "from"),
            (&[("zone", "UTC"), ("from", "22:00")][..], "to"),
        ] {
            let refusal = read(pairs).unwrap_err();
            assert_eq!(refusal.field, Some(field), "{pairs:?}");
            assert!(refusal.text.contains(&format!("({field}): ")), "{}", refusal.text);
        }
    }

    #[test]
    fn one_press_silences_an_alert() {
        let key = AlertKey {
            rule: "disk".to_owned(),
            labels: [("host", "web-1"), ("component", "of the series")].into_iter().collect(),
        };
        let of = |length| of_alert(&key, &fields(&[("who", "ada")]), length, "s1".to_owned(), NOW);
        let silence = of(Some("8h")).unwrap();
        assert_eq!(silence.end, Some(NOW + Duration::from_secs(8 * 3600)));
        assert_eq!(lines::write_matchers(&silence.matchers), "rule = disk\nhost = web-1");
        assert_eq!(silence.check(), Ok(()));
        assert_eq!(of(Some("x")).unwrap_err().field, Some("do"));
    }
}
