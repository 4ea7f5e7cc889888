//! Redis test server.

use super::process::{Process, find_program, free_port, signal, stdout_of, wait_until};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// Redis server in a temporary folder.
#[derive(Debug)]
pub struct RedisServer {
    program: PathBuf,
    arguments: Vec<String>,
    folder: TempDir,
    /// Port on 127.0.0.1.
    pub port: u16,
    process: Process,
}

impl RedisServer {
    /// Starts a server with extra `arguments`; `None` if Redis is not installed.
    pub fn start(arguments: &[&str]) -> Option<Self> {
        let program = find_program("redis-server", &[])?;
        find_program("redis-cli", &[])?;
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let process = Process::start(&mut command(&program, &arguments, &folder, port));
        let server = Self { program, arguments, folder, port, process };
        server.wait();
        Some(server)
    }

    /// Connection URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Runs a command as the default user.
    pub fn run(&self, words: &[&str]) -> String {
        stdout_of(Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(words))
    }

    /// The current fields of `INFO`.
    pub fn info(&self) -> BTreeMap<String, String> {
        let text = self.run(&["INFO"]);
        let fields = text.lines().filter_map(|line| line.trim_end().split_once(':'));
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Sends a signal to the server.
    pub fn signal(&self, which: Signal) {
        signal(self.process.id(), which);
    }

    /// Kills the server, like a crash.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Restarts the server on the same port.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process = Process::start(&mut command(&self.program, &self.arguments, &self.folder, self.port));
        self.wait();
    }

    fn wait(&self) {
        wait_until("Redis", || {
            let mut ping = Command::new("redis-cli");
            ping.args(["-p", &self.port.to_string(), "PING"]);
            let answer = ping.output().unwrap().stdout;
            // A server with a password replies NOAUTH: it is up, too.
            let answer = String::from_utf8_lossy(&answer).into_owned();
            (answer.starts_with("PONG") || answer.starts_with("NOAUTH")).then_some(())
        });
    }
}

fn command(program: &PathBuf, arguments: &[String], folder: &TempDir, port: u16) -> Command {
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]);
    command.arg(folder.path()).args(arguments);
    command
}
