//! The page of the databases that are watched.

use crate::pages::services::{Kind, ServicesPage};
use crate::parts::SetUpText;
use crate::service_view::databases;
use leptos::prelude::*;

static KIND: Kind = Kind {
    title: "Database",
    path: "/database",
    section: "PostgreSQL",
    select: databases,
    set_up: SetUpText {
        title: "No PostgreSQL is watched",
        file: "[postgres]\nurl = \"postgresql://watchglass:PASSWORD@db.example:5432/app\"",
        flag: "--postgres-url",
        variable: "WATCHGLASS_POSTGRES_URL",
        rights_where: "Run this in the database, with a password of your own:",
        rights: "CREATE ROLE watchglass LOGIN PASSWORD 'PASSWORD' CONNECTION LIMIT 3;\n\
                 GRANT pg_monitor TO watchglass;",
    },
};

/// What PostgreSQL does now: who blocks whom, what takes most time.
#[component]
pub(crate) fn Database() -> impl IntoView {
    view! { <ServicesPage kind=&KIND/> }
}
