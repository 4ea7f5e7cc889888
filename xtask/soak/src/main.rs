//! Soak test: runs a server for hours with PostgreSQL, Redis, applications, interfaces, a viewer and a scraper that come, go and
//! fail, and writes a report: seconds without values, memory by the minute, alerts.

mod arguments;
mod context;
mod error;
mod http;
mod jobs;
mod record;
mod report;
mod server;

use arguments::Arguments;
use clap::Parser;
use context::Context;
use error::SoakError;
use server::Server;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use watchglass_test_servers::{PostgresServer, RedisServer};

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(text) => {
            let _ = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "watchglass-soak: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<String, SoakError> {
    let folder = &arguments.output;
    std::fs::create_dir_all(folder).map_err(SoakError::file("make", folder))?;
    let postgres = PostgresServer::start().ok_or(SoakError::Missing("PostgreSQL"))?;
    let redis = RedisServer::start(&[]).ok_or(SoakError::Missing("Redis"))?;
    let flags =
        [("--postgres-url", postgres.url()), ("--redis-targets", redis.url()), ("--redis-url", redis.url())];
    let server = Server::start(&arguments.binary, folder, &flags)?;
    let tokens = server.tokens()?;
    let context = Context::new(server.address(), tokens, arguments.length());
    let started = Instant::now();
    let mut last_report = started;
    let (mut server, mut redis) = (server, redis);
    std::thread::scope(|scope| {
        let context = &context;
        scope.spawn(move || jobs::applications(context));
        scope.spawn(move || jobs::pages(context));
        scope.spawn(move || jobs::socket(context));
        scope.spawn(move || jobs::scraper(context));
        scope.spawn(move || jobs::seconds(context));
        scope.spawn(move || jobs::alerts(context));
        scope.spawn(move || jobs::interfaces(context, arguments.interfaces));
        let mut schedule = jobs::Faults::new(arguments.redis_minutes, arguments.kill_minutes);
        while context.is_running() {
            schedule.act(context, &mut server, &mut redis);
            // A report of an unfinished run, in case that the machine stops it.
            if last_report.elapsed() > Duration::from_secs(60) {
                last_report = Instant::now();
                context.record(|record| record.add_memory(server.memory()));
                let _ = report::write(folder, context);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let text = report::write(folder, &context)?;
    server.stop();
    Ok(text)
}
