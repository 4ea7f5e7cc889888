//! PostgreSQL test server. PostgreSQL refuses to run as root; in that case it runs as the user `postgres`.

use super::process::{Process, find_program, free_port, signal, stdout_of, wait_until};
use rustix::process::{Signal, geteuid};
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Role that needs a password; other roles need none.
pub(crate) const ROLE: &str = "watch";
pub(crate) const PASSWORD: &str = "open-sesame";

/// PostgreSQL server in a temporary folder.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    folder: TempDir,
    /// Port on 127.0.0.1.
    pub port: u16,
    process: Process,
}

impl PostgresServer {
    /// Starts a server with a database `app` and the role [`ROLE`]; `None` if PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = own_folder();
        let mut initdb = as_owner(&programs.join("initdb"));
        initdb.arg("-D").arg(folder.path().join("data"));
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        stdout_of(&mut initdb);
        let access = format!(
            "host all {ROLE} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n\
             host replication all 127.0.0.1/32 trust\nlocal all all trust\n"
        );
        fs::write(folder.path().join("data/pg_hba.conf"), access).unwrap();
        let server = Self::serve(programs, folder);
        server.query("postgres", "CREATE DATABASE app");
        server.query("postgres", &format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'"));
        Some(server)
    }

    /// Starts a standby of this server.
    pub fn start_standby(&self) -> Self {
        let folder = own_folder();
        let mut copy = as_owner(&self.programs.join("pg_basebackup"));
        copy.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres"]);
        copy.args(["-R", "--no-sync", "--checkpoint=fast", "-D"]).arg(folder.path().join("data"));
        stdout_of(&mut copy);
        Self::serve(self.programs.clone(), folder)
    }

    fn serve(programs: PathBuf, folder: TempDir) -> Self {
        let port = free_port();
        let process = Process::start(&mut command(&programs, &folder, port));
        let server = Self { programs, folder, port, process };
        server.wait();
        server
    }

    /// Enables TLS and requires it for [`ROLE`].
    pub fn enable_tls(&self, certificates: &super::Certificates) {
        use std::os::unix::fs::{PermissionsExt, chown};
        let data = self.folder.path().join("data");
        for (from, name) in [(&certificates.server, "server.crt"), (&certificates.key, "server.key")] {
            let to = data.join(name);
            fs::copy(from, &to).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((user, group)) = owner() {
                chown(&to, Some(user), Some(group)).unwrap();
            }
        }
        let access = data.join("pg_hba.conf");
        let rules = fs::read_to_string(&access).unwrap();
        let rules = rules.replace(&format!("host all {ROLE}"), &format!("hostssl all {ROLE}"));
        // Otherwise the rule for all users would admit the role without TLS.
        let rules = rules.replace("host all all", "host all postgres");
        fs::write(&access, rules).unwrap();
        self.query("postgres", "ALTER SYSTEM SET ssl = on");
        self.query("postgres", "SELECT pg_reload_conf()");
        wait_until("encryption", || (self.query("postgres", "SHOW ssl") == "on").then_some(()));
    }

    /// The URL for [`ROLE`].
    pub fn url(&self) -> String {
        format!("postgresql://{ROLE}:{PASSWORD}@127.0.0.1:{}/app", self.port)
    }

    /// Runs SQL as superuser and returns the rows, values separated by `|`.
    pub fn query(&self, database: &str, sql: &str) -> String {
        stdout_of(self.psql(database).args(["-Atqc", sql]))
    }

    /// Opens a superuser session that runs `sql` and stays open.
    pub fn open_session(&self, sql: &str) -> Session {
        let mut psql = self.psql("app");
        let mut child = psql.arg("-Atq").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.as_mut().unwrap().write_all(format!("{sql}\n").as_bytes()).unwrap();
        Session(child)
    }

    fn psql(&self, database: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "postgres", "-d", database]);
        psql.current_dir("/");
        psql
    }

    /// Sends a signal to the server and to the given backend process, if any.
    pub fn signal(&self, which: Signal, backend: Option<u32>) {
        for process in [self.process.id()].into_iter().chain(backend) {
            signal(process, which);
        }
    }

    /// PID of the backend process of the probe's session.
    pub fn backend_pid(&self) -> u32 {
        let sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'watchglass'";
        self.query("postgres", sql).parse().unwrap()
    }

    /// Stops the server and its sessions.
    pub fn stop(&mut self) {
        self.process.stop(Signal::INT);
    }

    /// Restarts the server with the same data and port.
    pub fn restart(&mut self) {
        self.process = Process::start(&mut command(&self.programs, &self.folder, self.port));
        self.wait();
    }

    fn wait(&self) {
        wait_until("PostgreSQL", || {
            let mut ready = Command::new(self.programs.join("pg_isready"));
            ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            ready.status().unwrap().success().then_some(())
        });
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Session that ends on drop.
pub struct Session(Child);

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The `bin` folder of the newest installed PostgreSQL.
fn programs() -> Option<PathBuf> {
    let version = |folder: &PathBuf| {
        let name = folder.file_name()?.to_str()?;
        name.parse::<u32>().ok()
    };
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    versions.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    let folders: Vec<PathBuf> = versions.into_iter().map(|folder| folder.join("bin")).collect();
    Some(find_program("initdb", &folders)?.parent().unwrap().to_owned())
}

/// User and group of the server when the test runs as root.
fn owner() -> Option<(u32, u32)> {
    let id = |what| stdout_of(Command::new("id").args([what, "postgres"])).parse().unwrap();
    geteuid().is_root().then(|| (id("-u"), id("-g")))
}

fn as_owner(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some((user, group)) = owner() {
        command.uid(user).gid(group);
    }
    command
}

fn own_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    if let Some((user, group)) = owner() {
        std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
    }
    folder
}

fn command(programs: &Path, folder: &TempDir, port: u16) -> Command {
    let mut command = as_owner(&programs.join("postgres"));
    command.arg("-D").arg(folder.path().join("data")).args(["-p", &port.to_string()]);
    command.arg("-k").arg(folder.path());
    for setting in [
        "listen_addresses=127.0.0.1",
        "fsync=off",
        "wal_level=replica",
        "max_connections=20",
        "autovacuum=off",
        "shared_preload_libraries=pg_stat_statements",
    ] {
        command.args(["-c", setting]);
    }
    command
}
