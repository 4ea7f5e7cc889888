//! Commits of messages and dispatcher state.

use super::*;

#[test]
fn commits_are_merged_while_charts_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&sent);
    let fake = Fake(Box::new(move |message| {
        to.lock().unwrap().push((message.id.clone(), message.chart_svg.clone()));
        Box::pin(async { Ok(()) })
    }));
    let post = start(folder.path(), channels([("ops", Arc::new(fake) as _)]), &Clock::default());
    let (draw, drawn) = mpsc::channel::<String>();
    let chart = Box::new(move || drawn.recv().ok());
    submit(&post, Outgoing { chart: Some(chart), ..outgoing("a", &["ops"]) });
    let panics = || panic!("a panic that the test expects");
    submit(&post, Outgoing { chart: Some(Box::new(panics)), ..outgoing("b", &["ops"]) });
    submit(&post, outgoing("c", &["ops"]));
    // Drawing holds back neither commands nor the caller, and nothing is sent before it is saved.
    assert_eq!(overview(&post).counts, Counts::default());
    assert!(!post.is_saved());
    draw.send("<svg a/>".to_owned()).unwrap();
    until_counts(&post, 0, 3, 0);
    until_saved(&post);
    let sample_chart = sample().chart_svg;
    let expected = [("a", Some("<svg a/>".to_owned())), ("b", sample_chart.clone()), ("c", sample_chart)];
    let expected = expected.map(|(id, chart)| (id.to_owned(), chart));
    assert_eq!(*sent.lock().unwrap(), expected);
    assert!(post.stop(LONG));
    let (_post, opened) =
        DeliveryService::start(folder.path(), Channels::new(), Clock::default().env()).unwrap();
    assert_eq!(opened.dispatcher_state.as_deref(), Some("c"));
}

#[test]
fn stop_does_not_wait_for_charts_that_hang() {
    let folder = tempfile::tempdir().unwrap();
    let post = start(folder.path(), Channels::new(), &Clock::default());
    let (_draw, drawn) = mpsc::channel::<String>();
    let chart = Box::new(move || drawn.recv().ok());
    submit(&post, Outgoing { chart: Some(chart), ..outgoing("a", &["ops"]) });
    submit(&post, outgoing("b", &["ops"]));
    assert!(post.stop(Duration::ZERO));
    let (outbox, opened) = Outbox::open(folder.path()).unwrap();
    assert_eq!((outbox.counts().waiting, opened.dispatcher_state.as_deref()), (2, Some("b")));
}

#[test]
fn awaited_commit_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let post = start(folder.path(), Channels::new(), &Clock::default());
    for state in ["a", "b"] {
        let commit = Commit { messages: Vec::new(), state: Box::new(move || Some(state.to_owned())) };
        post.commit_awaited(commit).wait(LONG).unwrap();
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(folder.path().join("outbox.1"), copy.path().join("outbox.1")).unwrap();
        let (_, opened) = Outbox::open(copy.path()).unwrap();
        assert_eq!(opened.dispatcher_state.as_deref(), Some(state));
    }
}

#[test]
fn commit_larger_than_the_outbox_is_reported_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let channel = Fake(Box::new(|_| Box::pin(async { Err(SendError::temporary("no")) })));
    let reports = Arc::new(Mutex::new(Vec::new()));
    let (clock, log) = (Clock::default(), Arc::clone(&reports));
    let report = move |problem: Option<&str>| log.lock().unwrap().push(problem.map(str::to_owned));
    let env = Env { report: Box::new(report), ..clock.env() };
    let channels = channels([("ops", Arc::new(channel) as _)]);
    let (post, _) = DeliveryService::start(folder.path(), channels, env).unwrap();
    let many = (0..=MAX_MESSAGES).map(|number| outgoing(&number.to_string(), &["ops"]));
    post.commit(Commit { messages: many.collect(), state: Box::new(|| Some("many".to_owned())) });
    wait_until("the commit is refused", || overview(&post).problem);
    // As many as fit are sent; the rest and the state wait.
    assert!(!post.is_saved());
    assert_eq!(overview(&post).counts.waiting, MAX_MESSAGES);
    let change = Commit { messages: Vec::new(), state: Box::new(|| Some("change".to_owned())) };
    let error = post.commit_awaited(change).wait(LONG).unwrap_err().to_string();
    assert!(error.starts_with("not saved on disk: the outbox is full"), "{error}");
    let reports = reports.lock().unwrap();
    assert!(reports.len() == 1 && reports[0].as_ref().unwrap().contains("outbox is full"), "{reports:?}");
}
