//! What does not change while the program runs: the host's name, system and processors.

use sysinfo::{CpuRefreshKind, RefreshKind, System};
use watchglass_model::Timestamp;

/// What is known of the host, for the page's header and for the label `host`. Read once, at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// Its name; `localhost` when it has none.
    pub hostname: String,
    /// Name and version of the operating system, such as `Debian GNU/Linux 12`.
    pub os: Option<String>,
    /// Version of the kernel.
    pub kernel: Option<String>,
    /// What the processors call themselves.
    pub cpu_model: Option<String>,
    /// Number of processors, as the kernel counts them: hardware threads.
    pub cores: usize,
    /// When the host was started, to the second.
    pub boot_time: Option<Timestamp>,
}

impl HostFacts {
    /// Asks this host. What it does not tell is left out.
    pub fn read() -> Self {
        let processors = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
        let system = System::new_with_specifics(processors).ok();
        let processors = system.as_ref().map(System::cpus).unwrap_or_default();
        let version = System::os_version().map(|version| format!(" {version}")).unwrap_or_default();
        Self {
            hostname: System::host_name().ok().and_then(known).unwrap_or_else(|| "localhost".to_owned()),
            os: System::name().ok().map(|name| name + &version).and_then(known),
            kernel: System::kernel_version().ok().and_then(known),
            cpu_model: processors.first().and_then(|processor| known(processor.brand().to_owned())),
            cores: processors.len(),
            boot_time: System::boot_time().ok().and_then(from_seconds),
        }
    }
}

/// The text without space around it, if there is any.
fn known(text: String) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn from_seconds(seconds: u64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(i64::try_from(seconds).ok()?.checked_mul(1000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_has_a_name_a_kernel_and_processors() {
        let facts = HostFacts::read();
        assert!(!facts.hostname.is_empty(), "{facts:?}");
        assert!(facts.kernel.is_some(), "{facts:?}");
        assert!(facts.cores > 0, "{facts:?}");
        assert!(facts.boot_time > Some(Timestamp::from_millis(0)), "{facts:?}");
    }

    #[test]
    fn blank_and_impossible_facts_are_unknown() {
        assert_eq!(known("  \n".to_owned()), None);
        assert_eq!(known(" AMD EPYC ".to_owned()), Some("AMD EPYC".to_owned()));
        assert_eq!(from_seconds(2), Some(Timestamp::from_millis(2000)));
        assert_eq!(from_seconds(u64::MAX), None);
    }
}
