//! The page of the caches that are watched.

use crate::pages::services::{Kind, ServicesPage};
use crate::parts::SetUpText;
use crate::service_view::caches;
use leptos::prelude::*;

static KIND: Kind = Kind {
    title: "Cache",
    path: "/cache",
    section: "Redis",
    select: caches,
    set_up: SetUpText {
        title: "No Redis is watched",
        file: "[redis]\nwatch = \"redis://watchglass:PASSWORD@cache.example:6379\"",
        flag: "--redis-watch",
        variable: "WATCHGLASS_REDIS_WATCH",
        rights_where: "Run this in redis-cli, with a password of your own:",
        rights: "ACL SETUSER watchglass on >PASSWORD resetkeys resetchannels -@all +ping +info +slowlog|get +slowlog|len",
    },
};

/// What Redis does now, and which commands were slow.
#[component]
pub(crate) fn Cache() -> impl IntoView {
    view! { <ServicesPage kind=&KIND/> }
}
