//! Rate limit settings in the table of settings.

use super::Settings;
use super::option::{ConfigOption, ValueKind};
use crate::rate_limit::LimitClass;

pub(super) const REST_ANONYMOUS: ConfigOption = key(
    LimitClass::RestAnonymous,
    "100",
    "REST API requests per hour and address without a token or session. 0 or off: no limit",
    |settings, value| settings.limits.set(LimitClass::RestAnonymous, value),
);
pub(super) const REST: ConfigOption = key(
    LimitClass::Rest,
    "1000",
    "REST API requests per hour and user or token. 0 or off: no limit",
    |settings, value| settings.limits.set(LimitClass::Rest, value),
);
pub(super) const SIGN_IN: ConfigOption = key(
    LimitClass::SignIn,
    "100",
    "Failed sign-ins per hour and user name from one address or known browser. 0 or off: no limit",
    |settings, value| settings.limits.set(LimitClass::SignIn, value),
);
pub(super) const LIVE: ConfigOption = key(
    LimitClass::Live,
    "12000",
    "New live connections per minute and user or token. 0 or off: no limit",
    |settings, value| settings.limits.set(LimitClass::Live, value),
);
pub(super) const PAGES: ConfigOption = key(
    LimitClass::Pages,
    "12000",
    "Page requests per minute and user, token, known browser or address. 0 or off: no limit",
    |settings, value| settings.limits.set(LimitClass::Pages, value),
);
pub(super) const INGEST: ConfigOption = key(
    LimitClass::Ingest,
    "60000",
    "Application reports per minute and token. 0 or off: no limit",
    |settings, value| settings.limits.set(LimitClass::Ingest, value),
);
pub(super) const METRICS: ConfigOption = key(
    LimitClass::Metrics,
    "6000",
    "Scrapes of /metrics per minute and token, or per address without a token. 0 or off: no limit",
    |settings, value| settings.limits.set(LimitClass::Metrics, value),
);

const fn key(
    limit: LimitClass,
    default: &'static str,
    help: &'static str,
    set: fn(&mut Settings, &str) -> Result<(), String>,
) -> ConfigOption {
    ConfigOption { name: limit.name(), placeholder: "COUNT", default, help, kind: ValueKind::Limit, set }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_defaults_match_the_limits() {
        let keys = [REST_ANONYMOUS, REST, SIGN_IN, LIVE, PAGES, INGEST, METRICS];
        for (key, limit) in keys.iter().zip(LimitClass::ALL) {
            assert_eq!((key.name, key.default), (limit.name(), limit.default_count().to_string().as_str()));
        }
    }
}
