//! Owner of a process: user, systemd unit and container.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Number of digits of a container id that are kept, as in `docker ps`.
const ID_DIGITS: usize = 12;
/// Maximum size of `/etc/passwd` in bytes.
const MAX_PASSWD_BYTES: u64 = 4 << 20;
/// Ends of the names of systemd units, apart from slices, which group units.
const UNITS: [&str; 2] = [".service", ".scope"];

/// Names of users by id.
#[derive(Debug)]
pub(super) struct UserNames {
    file: PathBuf,
    names: HashMap<u32, String>,
}

impl UserNames {
    /// Those of a file such as `/etc/passwd`, which is not read yet.
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, names: HashMap::new() }
    }

    /// Reads the file again. Without it, users have ids only.
    pub(super) fn refresh(&mut self) {
        if let Some(text) = read_small(&self.file) {
            self.names = parse_passwd(&text);
        }
    }

    /// The name of a user, or the id as text.
    pub(super) fn name(&self, id: u32) -> String {
        self.names.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

fn read_small(path: &Path) -> Option<String> {
    let bytes = fs::metadata(path).ok().filter(|found| found.len() <= MAX_PASSWD_BYTES)?;
    let text = fs::read(path).ok().filter(|_| bytes.is_file())?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// Parses [`/etc/passwd`](https://man7.org/linux/man-pages/man5/passwd.5.html). The first name of an id counts.
fn parse_passwd(text: &str) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        let (name, id) = (fields.next().unwrap_or_default(), fields.nth(1).and_then(|id| id.parse().ok()));
        if let Some(id) = id.filter(|_| !name.is_empty() && name.len() <= 64) {
            names.entry(id).or_insert_with(|| name.replace(char::is_control, "\u{fffd}"));
        }
    }
    names
}

/// The effective user id in [`/proc/PID/status`](https://man7.org/linux/man-pages/man5/proc_pid_status.5.html).
pub(super) fn parse_user(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Systemd unit and container id in [`/proc/PID/cgroup`](https://man7.org/linux/man-pages/man7/cgroups.7.html); empty if there
/// is none. In version 1 the line of systemd has the unit.
pub(super) fn parse_cgroup(text: &str) -> (String, String) {
    let lines = || text.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let path = lines().find(|(controllers, _)| controllers.is_empty()).filter(|(_, path)| *path != "/");
    let path = path.or_else(|| lines().find(|(controllers, _)| *controllers == "name=systemd"));
    let path = path.or_else(|| lines().next()).map_or("", |(_, path)| path);
    let mut container = "";
    let mut unit = "";
    for part in path.split('/') {
        if let Some(id) = container_id(part) {
            container = id;
        } else if UNITS.iter().any(|end| part.ends_with(end)) {
            unit = part;
        }
    }
    // The id in a name such as `docker-ID.scope` says all that the unit would.
    let unit: String = unit.chars().filter(|letter| !letter.is_control()).take(64).collect();
    (unit, container.to_owned())
}

/// The first digits of the container id in a part of a path, such as `docker-ID.scope`, `cri-containerd-ID.scope` or `ID`.
fn container_id(part: &str) -> Option<&str> {
    let name = part.strip_suffix(".scope").unwrap_or(part);
    let id = name.rsplit(['-', ':']).next()?;
    let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    id.get(..ID_DIGITS).filter(|_| is_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_containers_are_found_in_both_versions() {
        let id = "0123456789ab".to_owned() + &"c".repeat(52);
        for (text, unit, container) in [
            ("0::/system.slice/nginx.service\n".to_owned(), "nginx.service", ""),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n".to_owned(),
                "x.scope",
                "",
            ),
            (format!("0::/system.slice/docker-{id}.scope\n"), "", "0123456789ab"),
            (format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope"), "", "0123456789ab"),
            (format!("12:pids:/docker/{id}\n1:name=systemd:/docker/{id}\n"), "", "0123456789ab"),
            ("11:cpu,cpuacct:/x\n1:name=systemd:/system.slice/cron.service\n".to_owned(), "cron.service", ""),
            ("11:cpu:/\n1:name=systemd:/system.slice/cron.service\n0::/\n".to_owned(), "cron.service", ""),
            ("0::/".to_owned(), "", ""),
            ("0::/docker-0123.scope".to_owned(), "docker-0123.scope", ""),
            ("nonsense\n\n::".to_owned(), "", ""),
            (String::new(), "", ""),
        ] {
            assert_eq!(parse_cgroup(&text), (unit.to_owned(), container.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn users_have_names_or_ids() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passwd");
        fs::write(
            &file,
            "root:x:0:0:root:/root:/bin/sh\nno line\n:x:5::\nada:x:1000:\ntoor:x:0:0\nbad:x:-1:\n",
        )
        .unwrap();
        let mut users = UserNames::new(file);
        assert_eq!(users.name(0), "0", "not read yet");
        users.refresh();
        assert_eq!([0, 1000, 5].map(|id| users.name(id)), ["root", "ada", "5"]);
        fs::remove_file(folder.path().join("passwd")).unwrap();
        users.refresh();
        assert_eq!(users.name(1000), "ada", "kept while the file is missing");
    }

    #[test]
    fn effective_user_is_found() {
        let status = "Name:\tx Uid: 7\nUid:\t1000\t33\t1000\t1000\n";
        assert_eq!(parse_user(status), Some(33));
        for text in ["", "Uid:", "Uid:\t1\tx", "Uid:\t1"] {
            assert_eq!(parse_user(text), None, "{text:?}");
        }
    }
}
