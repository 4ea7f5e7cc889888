//! Handlers of signals. Without them the default action would end the server at once, and what is not saved would be lost.

use crate::edge::Tls;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The handlers, once they are installed.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
    hangup: Signal,
    user: [Signal; 2],
}

impl Signals {
    /// Installs the signal handlers.
    pub(super) fn install() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hangup: signal(SignalKind::hangup())?,
            user: [signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?],
        })
    }

    /// Waits for a signal that stops the server, and returns its name. SIGHUP reloads the certificate. SIGUSR1 and SIGUSR2, which
    /// programs that rotate logs send, have no effect.
    pub(super) async fn wait(&mut self, tls: Option<Arc<Tls>>) -> &'static str {
        let [user1, user2] = &mut self.user;
        loop {
            let ignored = tokio::select! {
                _ = self.interrupt.recv() => return "SIGINT",
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.quit.recv() => return "SIGQUIT",
                _ = user1.recv() => "SIGUSR1",
                _ = user2.recv() => "SIGUSR2",
                _ = self.hangup.recv() => {
                    tracing::info!("SIGHUP: certificate files are checked; other settings apply after a restart");
                    if let Some(tls) = tls.clone() {
                        drop(tokio::task::spawn_blocking(move || tls.reload_if_changed(Instant::now())));
                    }
                    continue;
                }
            };
            tracing::info!(signal = ignored, "signal ignored");
        }
    }
}
