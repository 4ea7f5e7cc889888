//! Static host information: name, operating system and processors.

use sysinfo::{CpuRefreshKind, RefreshKind, System};
use watchglass_model::Timestamp;

/// Static host information for the page header and the label `host`. Read once at startup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemInfo {
    /// Host name; `localhost` if none is set.
    pub hostname: String,
    /// Operating system and version, such as `Debian GNU/Linux 12`.
    pub os: Option<String>,
    /// Kernel version.
    pub kernel: Option<String>,
    /// CPU model.
    pub cpu_model: Option<String>,
    /// Number of logical CPUs (hardware threads).
    pub cores: usize,
    /// Boot time, in whole seconds.
    pub boot_time: Option<Timestamp>,
}

impl SystemInfo {
    /// Reads the information of this host. Unknown values are omitted.
    pub fn read() -> Self {
        let processors = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
        let system = System::new_with_specifics(processors).ok();
        let processors = system.as_ref().map(System::cpus).unwrap_or_default();
        let version = System::os_version().map(|version| format!(" {version}")).unwrap_or_default();
        Self {
            hostname: System::host_name().ok().and_then(non_blank).unwrap_or_else(|| "localhost".to_owned()),
            os: System::name().ok().map(|name| name + &version).and_then(non_blank),
            kernel: System::kernel_version().ok().and_then(non_blank),
            cpu_model: processors.first().and_then(|processor| non_blank(processor.brand().to_owned())),
            cores: processors.len(),
            boot_time: System::boot_time().ok().and_then(from_seconds),
        }
    }
}

/// The trimmed text; `None` if it is blank.
fn non_blank(text: String) -> Option<String> {
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
        let facts = SystemInfo::read();
        assert!(!facts.hostname.is_empty(), "{facts:?}");
        assert!(facts.kernel.is_some(), "{facts:?}");
        assert!(facts.cores > 0, "{facts:?}");
        assert!(facts.boot_time > Some(Timestamp::from_millis(0)), "{facts:?}");
    }

    #[test]
    fn blank_and_invalid_values_are_none() {
        assert_eq!(non_blank("  \n".to_owned()), None);
        assert_eq!(non_blank(" AMD EPYC ".to_owned()), Some("AMD EPYC".to_owned()));
        assert_eq!(from_seconds(2), Some(Timestamp::from_millis(2000)));
        assert_eq!(from_seconds(u64::MAX), None);
    }
}
