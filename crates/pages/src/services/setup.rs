//! How to configure a database or cache, shown when none is.

use leptos::prelude::*;

/// How to configure a kind of server.
#[derive(Debug)]
pub(super) struct Setup {
    /// Heading.
    title: &'static str,
    /// Example lines of the configuration file.
    file: &'static str,
    /// Name of the setting.
    pub(super) setting: &'static str,
    /// Command line flag of the setting.
    flag: &'static str,
    /// Environment variable of the setting.
    variable: &'static str,
    /// Statements that grant exactly the permissions that Watchglass needs.
    rights: &'static str,
    /// Where to run them.
    rights_where: &'static str,
}

/// PostgreSQL.
pub(super) static POSTGRES: Setup = Setup {
    title: "PostgreSQL is not monitored",
    file: "[postgres]\nurl = \"postgresql://watchglass:PASSWORD@db.example:5432/app\"",
    setting: "postgres.url",
    flag: "--postgres-url",
    variable: "WATCHGLASS_POSTGRES_URL",
    rights_where: "Run this in the database, with your own password:",
    rights: "CREATE ROLE watchglass LOGIN PASSWORD 'PASSWORD' CONNECTION LIMIT 3;\n\
                 GRANT pg_monitor TO watchglass;",
};

/// Redis.
pub(super) static REDIS: Setup = Setup {
    title: "Redis is not monitored",
    file: "[redis]\ntargets = \"redis://watchglass:PASSWORD@cache.example:6379\"",
    setting: "redis.targets",
    flag: "--redis-targets",
    variable: "WATCHGLASS_REDIS_TARGETS",
    rights_where: "Run this in redis-cli, with your own password:",
    rights: "ACL SETUSER watchglass on >PASSWORD resetkeys resetchannels -@all +ping +info +slowlog|get +slowlog|len",
};

impl Setup {
    pub(super) fn view(&self) -> AnyView {
        let &Self { title, file, flag, variable, rights, rights_where, .. } = self;
        view! {
            <section class="notice set-up" aria-labelledby="set-up">
                <h2 id="set-up">{title}</h2>
                <p>"Add the server to the configuration file:"</p>
                <pre><code>{file}</code></pre>
                <p>
                    "Or use the flag "<code>{flag}</code>" or the environment variable "<code>{variable}</code>
                    ". Then restart Watchglass."
                </p>
                <p>"Watchglass needs few permissions. "{rights_where}</p>
                <pre><code>{rights}</code></pre>
            </section>
        }
        .into_any()
    }
}
