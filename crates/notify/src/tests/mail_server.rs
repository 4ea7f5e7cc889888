//! Scripted mail server (RFC 5321).

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// Behaviour of the server.
#[derive(Clone, Default)]
pub(super) struct Behaviour {
    /// Replies to commands with these prefixes, instead of the default ones; an empty reply is never sent.
    pub(super) answers: Vec<(&'static str, &'static str)>,
    /// Number of connections with these replies; all if missing.
    pub(super) max_scripted: Option<usize>,
    /// TLS from the first byte.
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// TLS after STARTTLS.
    pub(super) starttls: Option<Arc<ServerConfig>>,
}

/// An accepted mail.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// EHLO command.
    pub(super) hello: String,
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) text: String,
    /// Argument of AUTH.
    pub(super) auth: Option<String>,
    pub(super) is_encrypted: bool,
}

/// Mail server; stops when dropped.
pub(super) struct MailServer {
    address: SocketAddr,
    mails: Receiver<Mail>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MailServer {
    pub(super) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let (sender, mails) = channel();
        let stop = Arc::clone(&stopped);
        let thread = thread::spawn(move || {
            let mut behaviour = behaviour;
            for (number, stream) in listener.incoming().enumerate() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                if behaviour.max_scripted.is_some_and(|most| number >= most) {
                    behaviour.answers.clear();
                }
                serve(stream.unwrap(), &behaviour, &sender);
            }
        });
        Self { address, mails, stopped, thread: Some(thread) }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Mails accepted so far.
    pub(super) fn mails(&self) -> Vec<Mail> {
        self.mails.try_iter().collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        // A panic of the thread was already printed.
        let _ = self.thread.take().unwrap().join();
    }
}

/// How the conversation continues.
enum Next {
    Quit,
    Encrypt,
}

fn serve(stream: TcpStream, behaviour: &Behaviour, mails: &Sender<Mail>) {
    let encrypted = |stream: TcpStream, config: &Arc<ServerConfig>| {
        StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream)
    };
    if let Some(config) = &behaviour.tls {
        converse(encrypted(stream, config), true, true, behaviour, mails);
    } else if let Some(Next::Encrypt) = converse(stream.try_clone().unwrap(), true, false, behaviour, mails) {
        converse(encrypted(stream, behaviour.starttls.as_ref().unwrap()), false, true, behaviour, mails);
    }
}

/// Serves until the client quits; `None` if it disconnects without QUIT.
fn converse(
    stream: impl Read + Write,
    greets: bool,
    is_encrypted: bool,
    behaviour: &Behaviour,
    mails: &Sender<Mail>,
) -> Option<Next> {
    let mut stream = BufReader::new(stream);
    let reply_to = |command: &str, default: &'static str| {
        let scripted = behaviour.answers.iter().find(|(begin, _)| command.starts_with(begin));
        scripted.map_or(default, |&(_, reply)| reply)
    };
    let mut mail = Mail { is_encrypted, ..Mail::default() };
    let mut command = String::from("CONNECT");
    let mut default_reply = if greets { "220 mail.example ESMTP" } else { "" };
    loop {
        let reply = reply_to(&command, default_reply);
        if !reply.is_empty() {
            stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).ok()?;
            stream.get_mut().flush().ok()?;
        }
        match command.as_str() {
            "QUIT" => return Some(Next::Quit),
            "STARTTLS" if reply.starts_with('2') => return Some(Next::Encrypt),
            "DATA" if reply.starts_with('3') => {
                loop {
                    let line = line(&mut stream)?;
                    if line == "." {
                        break;
                    }
                    mail.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.text.push_str("\r\n");
                }
                let reply = reply_to("END", "250 taken");
                if reply.starts_with('2') {
                    mails.send(std::mem::take(&mut mail)).ok()?;
                }
                stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).ok()?;
            }
            _ => {}
        }
        command = line(&mut stream)?;
        let verb = command.split([' ', ':']).next().unwrap_or_default();
        if verb == "EHLO" {
            mail.hello.clone_from(&command);
        }
        default_reply = match verb {
            "EHLO" if behaviour.starttls.is_some() && !is_encrypted => "250-mail.example\r\n250 STARTTLS",
            "EHLO" => "250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
            "STARTTLS" => "220 go ahead",
            "AUTH" => {
                mail.auth = command.strip_prefix("AUTH ").map(str::to_owned);
                "235 welcome"
            }
            "MAIL" => {
                mail.from.clone_from(&command);
                "250 fine"
            }
            "RCPT" => {
                mail.to.push(command.clone());
                "250 fine"
            }
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "500 what?",
        };
    }
}

fn line(stream: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).ok()?;
    (length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}
