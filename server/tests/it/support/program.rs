//! The server as a child process: started, read line by line, stopped by its process id.

use super::http::get;
use super::seed;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::OpenOptions;
use std::future::Future;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// No rate limits: all tests call from one address with the same tokens. The limits are tested in `limits.rs`.
const UNLIMITED: [(&str, &str); 7] = [
    ("WATCHGLASS_LIMITS_REST_ANONYMOUS", "off"),
    ("WATCHGLASS_LIMITS_REST", "off"),
    ("WATCHGLASS_LIMITS_SIGN_IN", "off"),
    ("WATCHGLASS_LIMITS_LIVE", "off"),
    ("WATCHGLASS_LIMITS_PAGES", "off"),
    ("WATCHGLASS_LIMITS_INGEST", "off"),
    ("WATCHGLASS_LIMITS_METRICS", "off"),
];

/// Folder of the data directory on a disk of its own.
const DISK: &str = "disk";
/// Timeout of every wait; long enough that the outcome of no test depends on it.
const TIMEOUT: Duration = Duration::from_secs(90);

/// Waits for a future, at most for the timeout.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(TIMEOUT, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: still waiting after {TIMEOUT:?}"),
    }
}

/// Exit code and output of a run.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program to its end with only these environment variables.
pub(crate) async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let child = command(folder.path()).args(arguments).envs(variables.iter().copied()).spawn().unwrap();
    let output = within("the program's end", child.wait_with_output()).await.unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn command(folder: &Path) -> Command {
    command_of(env!("CARGO_BIN_EXE_watchglass"), folder)
}

fn command_of(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOME", folder).current_dir(folder).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The data directory of a server with these flags and variables.
fn data_folder(home: &Path, flags: &[&str], variables: &[(&str, &str)]) -> PathBuf {
    let flag = flags.windows(2).find(|pair| pair[0] == "--data-dir").map(|pair| pair[1]);
    let variable = |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    match (flag.or_else(|| variable("WATCHGLASS_DATA_DIR")), variable("XDG_DATA_HOME")) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(base)) => Path::new(base).join("watchglass"),
        (None, None) => home.join(".local/share/watchglass"),
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
    folder: TempDir,
    stdout: Lines,
    log: Lines,
}

impl Server {
    /// Starts a server on a free port, with a data directory of its own.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[], &[]).await
    }

    /// Starts a server with more flags and variables.
    pub(crate) async fn start_with(flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let server = Self::announced(flags, variables).await;
        assert_eq!(get(server.address, "/api/live").await.status, 200);
        server
    }

    /// Starts a server at the address of a previous one.
    pub(crate) async fn start_at(address: SocketAddr, flags: &[&str]) -> Self {
        Self::announced_at(&address.to_string(), flags, &[]).await
    }

    /// Starts a server and waits only for its announcement.
    pub(crate) async fn announced(flags: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::announced_at("127.0.0.1:0", flags, variables).await
    }

    async fn announced_at(listen: &str, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        seed::write_accounts(&data_folder(folder.path(), flags, variables));
        Self::announced_in(folder, listen, flags, variables).await
    }

    /// Starts a server with an empty data directory, without users and tokens.
    pub(crate) async fn unseeded(variables: &[(&str, &str)]) -> Self {
        Self::announced_in(tempfile::tempdir().unwrap(), "127.0.0.1:0", &[], variables).await
    }

    /// Starts a server whose data directory is on a disk of its own; `None` where the system allows no mount namespace.
    pub(crate) async fn on_small_disk(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let (seed, disk) = (folder.path().join("seed"), folder.path().join(DISK));
        seed::write_accounts(&seed);
        std::fs::create_dir(&disk).unwrap();
        let mount = format!("mount -t tmpfs -o size={megabytes}m tmpfs {DISK} && cp seed/* {DISK}");
        let start = |then: &str| {
            let mut command = command_of("unshare", folder.path());
            command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
            command.args(["--map-root-user", "--mount", "sh", "-c", &format!("{mount} && {then}"), "sh"]);
            command
        };
        let is_possible = start("true").status().await.is_ok_and(|status| status.success());
        if !is_possible {
            return None;
        }
        let mut command = start("exec \"$@\"");
        command.arg(env!("CARGO_BIN_EXE_watchglass"));
        let flags = ["--data-dir", disk.to_str().unwrap()];
        Some(Self::run(command, "127.0.0.1:0", &flags, &[], folder).await)
    }

    /// Starts a server that can open this many files at most.
    pub(crate) async fn with_open_files(limit: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        seed::write_accounts(&data_folder(folder.path(), &[], &[]));
        let mut command = command_of("/bin/sh", folder.path());
        let limited = format!("ulimit -n {limit} && exec \"$@\"");
        command.args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_watchglass")]);
        Self::run(command, "127.0.0.1:0", &[], &[], folder).await
    }

    /// Path of a file on the disk of [`Server::on_small_disk`], as this process sees it.
    pub(crate) fn on_disk(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.child.id().unwrap()));
        root.join(self.folder.path().strip_prefix("/").unwrap()).join(DISK).join(name)
    }

    /// Fills the disk of [`Server::on_small_disk`] with a file, and returns its path.
    pub(crate) fn fill_disk(&self) -> PathBuf {
        let path = self.on_disk("fill");
        let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let mut bytes = vec![0; 1 << 20];
        while !bytes.is_empty() {
            if let Err(error) = file.write_all(&bytes) {
                assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
                bytes.truncate(bytes.len() / 2);
            }
        }
        path
    }

    async fn announced_in(folder: TempDir, listen: &str, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::run(command(folder.path()), listen, flags, variables, folder).await
    }

    async fn run(
        mut command: Command,
        listen: &str,
        flags: &[&str],
        variables: &[(&str, &str)],
        folder: TempDir,
    ) -> Self {
        command
            .args(["serve", "--listen", listen])
            .args(flags)
            .envs(UNLIMITED)
            .envs(variables.iter().copied());
        let mut child = command.spawn().unwrap();
        let mut stdout = Lines::read(child.stdout.take().unwrap());
        let mut log = Lines::read(child.stderr.take().unwrap());
        let Some(line) = stdout.find(|line| line.trim_start().starts_with("open")).await else {
            panic!("the server did not start: {}", log.all().await);
        };
        let address = line.split('/').nth(2).unwrap().parse().unwrap();
        // The last line of the announcement: wait for all of it.
        stdout.find(|line| line.trim_start().starts_with("data")).await.unwrap();
        Self { address, child, folder, stdout, log }
    }

    /// Working directory of the server, which is also its home.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// Standard output so far.
    pub(crate) fn announcement(&self) -> String {
        self.stdout.so_far()
    }

    /// Log so far.
    pub(crate) fn log(&self) -> String {
        self.log.so_far()
    }

    /// Waits for a log line that contains `part`.
    pub(crate) async fn logged(&mut self, part: &str) -> String {
        match self.log.find(|line| line.contains(part)).await {
            Some(line) => line,
            None => panic!("the log ended without {part:?}: {}", self.log()),
        }
    }

    /// Resident memory of the server in bytes; `None` if it cannot be read.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.split_whitespace().next()?.parse::<u64>().unwrap() * 1024)
    }

    /// Sends the server a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let number = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(number).unwrap(), signal).unwrap();
    }

    /// Waits for the server's end.
    pub(crate) async fn finished(mut self) -> Finished {
        let status = within("the server's end", self.child.wait()).await.unwrap();
        Finished { code: status.code(), stdout: self.stdout.all().await, stderr: self.log.all().await }
    }

    /// Kills the server like a crash, without a chance to clean up.
    pub(crate) async fn kill(mut self) {
        within("the end of a killed program", self.child.kill()).await.unwrap();
    }

    /// Stops the server, and checks that it exited with code 0 and without a panic.
    pub(crate) async fn stop(self) -> Finished {
        self.signal(Signal::TERM);
        let finished = self.finished().await;
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert!(!finished.stderr.contains("panic"), "{}", finished.stderr);
        finished
    }
}

/// The output lines of a process.
struct Lines {
    lines: watch::Receiver<Vec<String>>,
    reader: JoinHandle<()>,
}

impl Lines {
    fn read(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, lines) = watch::channel(Vec::new());
        let reader = tokio::spawn(async move {
            let mut stream = BufReader::new(stream).lines();
            while let Some(line) = stream.next_line().await.unwrap() {
                sender.send_modify(|lines| lines.push(line));
            }
        });
        Self { lines, reader }
    }

    /// Waits for a line; `None` if the output ends without it.
    async fn find(&mut self, is_it: impl Fn(&str) -> bool) -> Option<String> {
        let find = |lines: &Vec<String>| lines.iter().find(|line| is_it(line)).cloned();
        let found = within("a line", self.lines.wait_for(|lines| find(lines).is_some())).await.ok()?;
        find(&found)
    }

    fn so_far(&self) -> String {
        self.lines.borrow().join("\n")
    }

    async fn all(&mut self) -> String {
        within("the end of the output", &mut self.reader).await.unwrap();
        self.so_far()
    }
}
