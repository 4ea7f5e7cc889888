//! The settings of limits, for the table.

use super::Settings;
use super::keys::{Form, Key};
use crate::limits::Limit;

pub(super) const REST_ANONYMOUS: Key = key(
    Limit::RestAnonymous,
    "100",
    "How many requests an hour an address may send to the REST API without a token or session. 0 or off: no limit",
    |settings, value| settings.limits.set(Limit::RestAnonymous, value),
);
pub(super) const REST: Key = key(
    Limit::Rest,
    "1000",
    "How many requests an hour each person and each token may send to the REST API. 0 or off: no limit",
    |settings, value| settings.limits.set(Limit::Rest, value),
);
pub(super) const SIGN_IN: Key = key(
    Limit::SignIn,
    "100",
    "How many attempts an hour to sign in may fail from an address, whatever the names. 0 or off: no limit",
    |settings, value| settings.limits.set(Limit::SignIn, value),
);
pub(super) const LIVE: Key = key(
    Limit::Live,
    "12000",
    "How many live connections a minute each person and each token may open. 0 or off: no limit",
    |settings, value| settings.limits.set(Limit::Live, value),
);
pub(super) const PAGES: Key = key(
    Limit::Pages,
    "12000",
    "How many pages and parts of pages a minute each person, token and unknown address may fetch. 0 or off: no limit",
    |settings, value| settings.limits.set(Limit::Pages, value),
);
pub(super) const INGEST: Key = key(
    Limit::Ingest,
    "60000",
    "How many reports of applications a minute come with each token. 0 or off: no limit",
    |settings, value| settings.limits.set(Limit::Ingest, value),
);
pub(super) const METRICS: Key = key(
    Limit::Metrics,
    "6000",
    "How many scrapes of /metrics a minute come with each token, or from an address without one. 0 or off: no limit",
    |settings, value| settings.limits.set(Limit::Metrics, value),
);

const fn key(
    limit: Limit,
    default: &'static str,
    help: &'static str,
    set: fn(&mut Settings, &str) -> Result<(), String>,
) -> Key {
    Key { name: limit.name(), placeholder: "COUNT", default, help, form: Form::Limit, set }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_be_usual_is() {
        let keys = [REST_ANONYMOUS, REST, SIGN_IN, LIVE, PAGES, INGEST, METRICS];
        for (key, limit) in keys.iter().zip(Limit::ALL) {
            assert_eq!((key.name, key.default), (limit.name(), limit.usual().to_string().as_str()));
        }
    }
}
