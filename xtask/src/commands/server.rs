//! A server for measurements, with a data directory of its own.

use crate::failure::Failure;
use crate::process;
use crate::workspace::{Profile, Workspace};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

/// Timeout of the server's start and stop.
const SERVER_TIMEOUT: Duration = Duration::from_secs(20);

/// Interval between two checks whether it has started or ended.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A running server. Dropping it stops the server.
pub(super) struct Server {
    child: Child,
    address: SocketAddr,
    data: PathBuf,
    token: String,
    ingest_token: String,
}

impl Server {
    /// Starts the optimised server on a free loopback port, and waits until it answers.
    ///
    /// # Errors
    /// It could not be started, ended by itself, or did not answer in time.
    pub(super) fn start(workspace: &Workspace) -> Result<Self, Failure> {
        let folder = workspace.target().join("load");
        let data = folder.join("data");
        remove(&data)?;
        fs::create_dir_all(&data).map_err(Failure::file("make", &data))?;
        let log = folder.join("server.log");
        let file = File::create(&log).map_err(Failure::file("write", &log))?;
        let errors = file.try_clone().map_err(Failure::file("write", &log))?;
        let address = free_address().map_err(Failure::file("find a free port on", Path::new("127.0.0.1")))?;
        let mut command = process::program(workspace, workspace.binary(Profile::Release));
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(&data);
        // All connections use one token.
        command.args(["--limits-live", "off", "--limits-pages", "off"]);
        command.stdout(file).stderr(errors);
        let child = command.spawn().map_err(process::not_started(&command))?;
        let mut server = Self { child, address, data, token: String::new(), ingest_token: String::new() };
        server.wait_until_ready(&log)?;
        server.token = token(workspace, &server.data, "viewer")?;
        server.ingest_token = token(workspace, &server.data, "ingest")?;
        Ok(server)
    }

    /// An access token with the role viewer.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// An access token with the role ingest.
    pub(super) fn ingest_token(&self) -> &str {
        &self.ingest_token
    }

    /// URL of its live data.
    pub(super) fn url(&self) -> String {
        format!("ws://{}/ws/live", self.address)
    }

    /// Process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it and removes its data.
    ///
    /// # Errors
    /// The data directory could not be removed.
    pub(super) fn stop(self) -> Result<(), Failure> {
        let data = self.data.clone();
        drop(self);
        remove(&data)
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<(), Failure> {
        let started = Instant::now();
        let ended = |status: String| Failure::Ended {
            doing: "starting the server".to_owned(),
            status,
            advice: format!("Its output is in {}.", log.display()),
        };
        loop {
            if answers(self.address) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(ended(status.to_string()));
            }
            if started.elapsed() > SERVER_TIMEOUT {
                return Err(ended(format!(
                    "no answer on {} in {} s",
                    self.address,
                    SERVER_TIMEOUT.as_secs()
                )));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The standard library can only send SIGKILL; SIGTERM lets the server save its data.
        let asked = std::process::Command::new("kill").arg(self.child.id().to_string()).status();
        let started = Instant::now();
        while asked.as_ref().is_ok_and(|status| status.success()) && started.elapsed() < SERVER_TIMEOUT {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Creates an access token.
fn token(workspace: &Workspace, data: &Path, role: &str) -> Result<String, Failure> {
    let mut command = process::program(workspace, workspace.binary(Profile::Release));
    command.args(["token", "create", "--name", role, "--role", role, "--data-dir"]).arg(data);
    let made = process::output_of(&mut command).map(|text| text.trim().to_owned());
    made.ok_or_else(|| Failure::Ended {
        doing: "creating a token".to_owned(),
        status: "no token".to_owned(),
        advice: "Run `watchglass token create` to see the reason.".to_owned(),
    })
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Failure::file("remove", folder)(error)),
        _ => Ok(()),
    }
}

/// A free port. If another program takes it before the server starts, the server reports that.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Whether `GET /api/live` returns 200.
fn answers(address: SocketAddr) -> bool {
    let ask = || -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(stream, "GET /api/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.take(64).read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.split(' ').nth(1) == Some("200"))
}
