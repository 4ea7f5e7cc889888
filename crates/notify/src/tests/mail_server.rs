//! A mail server (RFC 5321) that does as it is told.

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// How it behaves.
#[derive(Clone, Default)]
pub(super) struct Behaviour {
    /// Answers to commands that begin so, in place of the usual ones; an empty one is never given.
    pub(super) answers: Vec<(&'static str, &'static str)>,
    /// Encrypts from the first byte on.
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// Encrypts from STARTTLS on.
    pub(super) starttls: Option<Arc<ServerConfig>>,
}

/// A mail that it took.
#[derive(Debug, Default)]
pub(super) struct Mail {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) text: String,
    /// What stood behind AUTH.
    pub(super) auth: Option<String>,
    pub(super) is_encrypted: bool,
}

/// The server; ends with the test.
pub(super) struct MailServer {
    address: SocketAddr,
    mails: Receiver<Mail>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MailServer {
    pub(super) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let (sender, mails) = channel();
        let over = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                serve(stream.unwrap(), &behaviour, &sender);
            }
        });
        Self { address, mails, is_over, thread: Some(thread) }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The mails that it took so far.
    pub(super) fn mails(&self) -> Vec<Mail> {
        self.mails.try_iter().collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        // One that failed has told of it.
        let _ = self.thread.take().unwrap().join();
    }
}

/// How a conversation goes on.
enum Next {
    Over,
    Encrypt,
}

fn serve(stream: TcpStream, behaviour: &Behaviour, mails: &Sender<Mail>) {
    let encrypted = |stream: TcpStream, config: &Arc<ServerConfig>| {
        StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream)
    };
    if let Some(config) = &behaviour.tls {
        talk(encrypted(stream, config), true, true, behaviour, mails);
    } else if let Some(Next::Encrypt) = talk(stream.try_clone().unwrap(), true, false, behaviour, mails) {
        talk(encrypted(stream, behaviour.starttls.as_ref().unwrap()), false, true, behaviour, mails);
    }
}

/// Talks until the client goes; `None` when it goes without a word.
fn talk(
    stream: impl Read + Write,
    greets: bool,
    is_encrypted: bool,
    behaviour: &Behaviour,
    mails: &Sender<Mail>,
) -> Option<Next> {
    let mut stream = BufReader::new(stream);
    let answer = |command: &str, usual: &'static str| {
        let told = behaviour.answers.iter().find(|(begin, _)| command.starts_with(begin));
        told.map_or(usual, |&(_, answer)| answer)
    };
    let mut mail = Mail { is_encrypted, ..Mail::default() };
    let mut command = String::from("CONNECT");
    let mut usual = if greets { "220 mail.example ESMTP" } else { "" };
    loop {
        let words = answer(&command, usual);
        if !words.is_empty() {
            stream.get_mut().write_all(format!("{words}\r\n").as_bytes()).ok()?;
            stream.get_mut().flush().ok()?;
        }
        match command.as_str() {
            "QUIT" => return Some(Next::Over),
            "STARTTLS" if words.starts_with('2') => return Some(Next::Encrypt),
            "DATA" if words.starts_with('3') => {
                loop {
                    let line = line(&mut stream)?;
                    if line == "." {
                        break;
                    }
                    mail.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.text.push_str("\r\n");
                }
                let words = answer("END", "250 taken");
                if words.starts_with('2') {
                    mails.send(std::mem::take(&mut mail)).ok()?;
                }
                stream.get_mut().write_all(format!("{words}\r\n").as_bytes()).ok()?;
            }
            _ => {}
        }
        command = line(&mut stream)?;
        let verb = command.split([' ', ':']).next().unwrap_or_default();
        usual = match verb {
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
