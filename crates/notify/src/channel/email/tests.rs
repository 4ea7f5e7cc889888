use super::*;
use crate::message::tests::sample;

pub(super) fn settings() -> EmailSettings {
    EmailSettings {
        host: "127.0.0.1".to_owned(),
        encryption: Encryption::None,
        from: "Watchglass <watch@example.com>".to_owned(),
        to: vec!["ada@example.com".to_owned(), "Grace <grace@example.com>".to_owned()],
        ..EmailSettings::default()
    }
}

#[test]
fn invalid_settings_are_rejected() {
    settings().check().unwrap();
    type Case = (&'static str, fn(&mut EmailSettings));
    let cases: [Case; 11] = [
        ("host is not a valid host name", |settings| settings.host.clear()),
        ("host is not a valid host name", |settings| settings.host = "smtp://host".to_owned()),
        ("port is 0", |settings| settings.port = Some(0)),
        ("encryption is \"none\" for a remote host", |settings| {
            settings.host = "mail.example.com".to_owned()
        }),
        ("password_env is missing", |settings| settings.user = Some("ada".to_owned())),
        ("user is missing", |settings| settings.password_env = Some("PASSWORD".to_owned())),
        ("from contains the invalid address \"nobody\"", |settings| settings.from = "nobody".to_owned()),
        ("to has 0 addresses", |settings| settings.to.clear()),
        ("to has 21 addresses", |settings| settings.to = vec!["a@b.example".to_owned(); 21]),
        ("to is empty, too long or more than one line", |settings| {
            settings.to = vec!["a@b\r\nX: y".to_owned()]
        }),
        ("template is invalid in line 2", |settings| settings.template = Some("a\n{{ nothing }}".to_owned())),
    ];
    for (expected, spoil) in cases {
        let mut settings = settings();
        spoil(&mut settings);
        let error = settings.check().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn mail_has_texts_chart_and_a_stable_id() {
    let email = Email::open(&settings(), Context::new("mail", &|_| None)).unwrap();
    assert_eq!(email.to(), "ada@example.com, grace@example.com");
    let mail = |message: &Message, text: Option<&str>| {
        let mail = compose::mail(message, &email.from, &email.to, text.map(str::to_owned)).unwrap();
        String::from_utf8(mail.formatted()).unwrap()
    };
    let text = mail(&sample(), None);
    let header = |name: &str, text: &str| {
        let mut headers = text.lines().take_while(|line| !line.is_empty());
        headers.find(|line| line.starts_with(name)).unwrap_or_default().to_owned()
    };
    assert_eq!(header("Date: ", &text), "Date: Tue, 14 Nov 2023 22:13:20 +0000");
    assert_eq!(header("Subject: ", &text), "Subject: [critical] CPU of <web-1> is 93 %, above 80 %");
    assert_eq!(header("Auto-Submitted: ", &text), "Auto-Submitted: auto-generated");
    assert!(
        text.contains("Content-Type: image/svg+xml") && text.contains("filename=\"chart.svg\""),
        "{text}"
    );
    let again = mail(&Message { title: "x\r\nBcc: eve@example.com".to_owned(), ..sample() }, Some("text"));
    assert_eq!(header("Message-ID: ", &text), header("Message-ID: ", &again));
    assert_eq!(header("Bcc: ", &again), "");
    let other = mail(&Message { id: "other".to_owned(), chart_svg: None, ..sample() }, Some("a < b"));
    assert_ne!(header("Message-ID: ", &text), header("Message-ID: ", &other));
    assert!(!other.contains("svg") && other.contains("a < b") && other.contains("a &lt; b"), "{other}");
}
