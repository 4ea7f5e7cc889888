//! Email against a mail server.

use super::mail_server::{Behaviour, MailServer};
use super::{NOW, permanent, run, sample, server_config, temporary};
use crate::channel::email::Email;
use crate::{Channel, Context, EmailSettings, Encryption, Line, Message, SendError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use std::fs;
use std::time::Duration;
use watchglass_test_servers::{Certificates, free_port};

/// Never reached.
const LONG: Duration = Duration::from_secs(60);

fn settings(port: u16) -> EmailSettings {
    EmailSettings {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        encryption: Encryption::None,
        from: "Watchglass <watch@example.com>".to_owned(),
        to: vec!["ada@example.com".to_owned(), "Grace <grace@example.com>".to_owned()],
        ..EmailSettings::default()
    }
}

fn open(settings: &EmailSettings) -> Email {
    settings.check().unwrap();
    Email::open(settings, Context::new("mail", &|_| Some("s3cret".to_owned()))).unwrap()
}

fn send(email: &Email, message: &Message) -> Result<(), SendError> {
    run(email.send(message, NOW))
}

/// Decoded parts of a mail: types and contents (RFC 2045, 2046).
fn parts(text: &str) -> Vec<(String, String)> {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    };
    let kind = header("Content-Type");
    if let Some((_, boundary)) = kind.split_once("boundary=\"") {
        let boundary = format!("--{}", boundary.split_once('"').unwrap().0);
        let mut pieces: Vec<&str> = body.split(boundary.as_str()).skip(1).collect();
        assert!(pieces.pop().unwrap().starts_with("--"), "the last boundary is missing");
        return pieces.into_iter().flat_map(|piece| parts(piece.trim_start_matches("\r\n"))).collect();
    }
    let bytes = match header("Content-Transfer-Encoding") {
        "base64" => STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap(),
        "quoted-printable" => unquote(body),
        "7bit" => body.as_bytes().to_vec(),
        other => panic!("{other}"),
    };
    let kind = kind.split(';').next().unwrap_or_default().to_owned();
    vec![(kind, String::from_utf8(bytes).unwrap().replace("\r\n", "\n").trim_end().to_owned())]
}

/// Quoted-printable (RFC 2045, 6.7).
fn unquote(text: &str) -> Vec<u8> {
    let text = text.replace("=\r\n", "");
    let mut pieces = text.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend(piece[2..].bytes());
    }
    bytes
}

#[test]
fn mail_arrives_and_is_readable() {
    let server = MailServer::start(Behaviour::default());
    let settings = EmailSettings {
        user: Some("watch".to_owned()),
        password_env: Some("PASSWORD".to_owned()),
        ..settings(server.port())
    };
    let mut message = sample();
    // A line with only a dot would end the mail if it were not doubled.
    message.lines.push(Line { label: ".".to_owned(), text: "ä".repeat(500) });
    send(&open(&settings), &message).unwrap();
    let mails = server.mails();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(mail.from, "MAIL FROM:<watch@example.com>");
    assert_eq!(mail.to, ["RCPT TO:<ada@example.com>", "RCPT TO:<grace@example.com>"]);
    assert_eq!(mail.auth, Some(format!("PLAIN {}", STANDARD.encode("\0watch\0s3cret"))));
    assert!(mail.text.is_ascii() && mail.text.lines().all(|line| line.len() <= 998));
    let parts = parts(&mail.text);
    let kinds: Vec<&str> = parts.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["text/plain", "text/html", "image/svg+xml"]);
    assert_eq!(parts[0].1, crate::text::plain(&message).trim_end());
    assert_eq!(parts[1].1, crate::text::html(&message).trim_end());
    assert_eq!(Some(&parts[2].1), message.chart_svg.as_ref());
}

#[test]
fn smtp_errors_are_classified_for_retry() {
    for (answers, is_permanent, expected) in [
        (vec![("CONNECT", "421 too busy")], false, "too busy"),
        (vec![("AUTH", "535 s3cret is wrong, AHdhdGNoAHMzY3JldA== too")], true, "… is wrong, … too"),
        (vec![("AUTH", "454 later")], false, "later"),
        (vec![("EHLO", "250 mail.example")], true, "authentication"),
        (vec![("RCPT", "550 no such user")], true, "no such user"),
        (vec![("RCPT", "450 mailbox busy")], false, "mailbox busy"),
        (vec![("RCPT TO:<ada", "550 gone"), ("RCPT TO:<grace", "450 mailbox busy")], false, "mailbox busy"),
        (vec![("RCPT TO:<grace", "421 closing")], false, "closing"),
        (vec![("DATA", "451 later")], false, "later"),
        (vec![("END", "554 spam")], true, "spam"),
        (vec![("END", "452 full")], false, "full"),
    ] {
        let server = MailServer::start(Behaviour { answers, ..Behaviour::default() });
        let settings = EmailSettings {
            user: Some("watch".to_owned()),
            password_env: Some("PASSWORD".to_owned()),
            ..settings(server.port())
        };
        let result = send(&open(&settings), &sample());
        let reason = if is_permanent { permanent(result) } else { temporary(result) };
        assert!(reason.starts_with("127.0.0.1:") && reason.contains(expected), "{expected}: {reason}");
        assert!(!reason.contains("s3cret") && !reason.contains("AHdhdGNo"), "{reason}");
        assert!(server.mails().is_empty());
    }
    let refused = temporary(send(&open(&settings(free_port())), &sample()));
    assert!(refused.contains("refused"), "{refused}");
}

#[test]
fn accepted_recipients_get_the_mail_and_the_log_names_the_others() {
    let answers = vec![("RCPT TO:<grace", "550 5.1.1 nobody of that name")];
    let server = MailServer::start(Behaviour { answers, ..Behaviour::default() });
    let email = open(&settings(server.port()));
    send(&email, &sample()).unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        email.take_recipients(&sample().id).unwrap(),
        "1 of 2 recipients; refused: grace@example.com (permanent error (550): 5.1.1 nobody of that name)"
    );
    assert_eq!(email.take_recipients(&sample().id), None);
    // Without refusals, the recipients are those of the channel.
    let server = MailServer::start(Behaviour::default());
    let email = open(&settings(server.port()));
    send(&email, &sample()).unwrap();
    assert_eq!(email.take_recipients(&sample().id), None);
}

#[test]
fn recipients_refused_for_now_are_retried_alone() {
    let answers = vec![("RCPT TO:<grace", "450 mailbox busy")];
    let behaviour = Behaviour { answers, max_scripted: Some(2), ..Behaviour::default() };
    let server = MailServer::start(behaviour);
    let email = open(&settings(server.port()));
    let reason = temporary(send(&email, &sample()));
    assert!(
        reason.contains("refused for now: grace@example.com (transient error (450): mailbox busy)"),
        "{reason}"
    );
    assert!(reason.ends_with("; 1 of 2 recipients have it"), "{reason}");
    let other = Message { id: "other".to_owned(), ..sample() };
    temporary(send(&email, &other));
    send(&email, &sample()).unwrap();
    let to: Vec<Vec<String>> = server.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to[0].len(), 2);
    assert_eq!(to[2], ["RCPT TO:<grace@example.com>"]);
    // The other message is not affected.
    send(&email, &other).unwrap();
    assert_eq!(server.mails()[0].to, ["RCPT TO:<grace@example.com>"]);
}

#[test]
fn server_is_greeted_with_a_known_name() {
    for (helo, known, expected) in [
        (None, Some("watch.example.com"), "EHLO watch.example.com"),
        (Some("mail.example.com"), Some("watch.example.com"), "EHLO mail.example.com"),
        (Some("192.0.2.1"), None, "EHLO [192.0.2.1]"),
        (None, Some("2001:db8::1"), "EHLO [IPv6:2001:db8::1]"),
        (None, None, "EHLO [127.0.0.1]"),
    ] {
        let server = MailServer::start(Behaviour::default());
        let settings = EmailSettings { helo: helo.map(str::to_owned), ..settings(server.port()) };
        settings.check().unwrap();
        let context = Context { helo: known, ..Context::new("mail", &|_| None) };
        send(&Email::open(&settings, context).unwrap(), &sample()).unwrap();
        assert_eq!(server.mails()[0].hello, expected);
    }
    let invalid = EmailSettings { helo: Some("my server".to_owned()), ..settings(25) };
    assert!(invalid.check().unwrap_err().to_string().starts_with("helo is not a valid host name"));
}

#[test]
fn server_that_refuses_the_name_is_not_asked_for_a_day() {
    let answers = vec![("EHLO", "421 4.7.0 later, closing")];
    let server = MailServer::start(Behaviour { answers, ..Behaviour::default() });
    let email = open(&settings(server.port()));
    for _ in 1..12 {
        assert!(temporary(send(&email, &sample())).contains("later, closing"));
    }
    let reason = permanent(send(&email, &sample()));
    assert!(
        reason.contains("later, closing; the server may not accept the name [127.0.0.1] in EHLO: set helo"),
        "{reason}"
    );
}

#[test]
fn hanging_server_times_out_and_accepted_mail_is_sent_once() {
    for silent in ["CONNECT", "EHLO", "MAIL", "DATA"] {
        let server = MailServer::start(Behaviour { answers: vec![(silent, "")], ..Behaviour::default() });
        let email = open(&settings(server.port())).with(Duration::from_millis(300), None);
        let reason = temporary(send(&email, &sample()));
        assert_eq!(reason, format!("127.0.0.1:{}: timed out after 0.3 s", server.port()));
    }
    // It accepted the mail and does not answer QUIT.
    let server = MailServer::start(Behaviour { answers: vec![("QUIT", "")], ..Behaviour::default() });
    send(&open(&settings(server.port())), &sample()).unwrap();
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn tls_needs_a_trusted_server_or_nothing_is_sent() {
    let (Some(ours), Some(others)) = (Certificates::generate(), Certificates::generate()) else { return };
    let trust = |certificates: &Certificates| {
        let authority = Certificate::from_pem(&fs::read(&certificates.authority).unwrap()).unwrap();
        Some(TlsParameters::builder("127.0.0.1".to_owned()).add_root_certificate(authority).build().unwrap())
    };
    let config = Some(server_config(&ours));
    for (encryption, behaviour) in [
        (Encryption::Tls, Behaviour { tls: config.clone(), ..Behaviour::default() }),
        (Encryption::Starttls, Behaviour { starttls: config, ..Behaviour::default() }),
    ] {
        let server = MailServer::start(behaviour);
        let settings = EmailSettings { encryption, ..settings(server.port()) };
        send(&open(&settings).with(LONG, trust(&ours)), &sample()).unwrap();
        let mails = server.mails();
        assert!(mails.len() == 1 && mails[0].is_encrypted, "{encryption:?}");
        let reason = temporary(send(&open(&settings).with(LONG, trust(&others)), &sample()));
        assert!(reason.contains("certificate"), "{reason}");
        assert!(server.mails().is_empty());
    }
    // A server without STARTTLS, or an attacker who strips it.
    let server = MailServer::start(Behaviour::default());
    let settings = EmailSettings { encryption: Encryption::Starttls, ..settings(server.port()) };
    let reason = permanent(send(&open(&settings).with(LONG, trust(&ours)), &sample()));
    assert!(reason.contains("STARTTLS"), "{reason}");
    assert!(server.mails().is_empty());
}
