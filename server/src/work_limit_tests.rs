use super::*;
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::{Pin, pin};
use std::task::Poll;

type Acquired = Result<WorkPermit, Busy>;

fn caller(number: u8) -> Caller {
    Caller::new(None, None, IpAddr::V4(Ipv4Addr::new(10, 0, 0, number)))
}

/// Takes all permits.
async fn take_all(limiter: &WorkLimiter) -> Vec<WorkPermit> {
    let mut permits = Vec::new();
    for _ in 0..MAX_RUNNING {
        permits.push(limiter.acquire(caller(0)).await.unwrap());
    }
    permits
}

/// Polls a request once: its result, if it has one.
async fn poll_once<'f>(future: &mut (impl Future<Output = Acquired> + Unpin + 'f)) -> Option<Acquired> {
    poll_fn(|context| {
        Poll::Ready(match Pin::new(&mut *future).poll(context) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        })
    })
    .await
}

fn numbers(limiter: &WorkLimiter) -> (usize, usize, u64) {
    let WorkStatus { running, queued, refused } = limiter.status();
    (running, queued, refused)
}

#[tokio::test]
async fn permits_are_limited_and_passed_on() {
    let limiter = WorkLimiter::default();
    let mut permits = take_all(&limiter).await;
    let mut next = pin!(limiter.acquire(caller(0)));
    assert!(poll_once(&mut next).await.is_none());
    assert_eq!(numbers(&limiter), (MAX_RUNNING, 1, 0));
    permits.pop();
    let permit = poll_once(&mut next).await.unwrap().unwrap();
    assert_eq!(numbers(&limiter), (MAX_RUNNING, 0, 0));
    drop((permit, permits));
    assert_eq!(numbers(&limiter), (0, 0, 0));
}

#[tokio::test]
async fn permits_go_to_all_callers_in_rotation() {
    let limiter = WorkLimiter::default();
    let permit = take_all(&limiter).await.pop();
    // The other permits are free again.
    let _others = [
        limiter.acquire(caller(0)).await,
        limiter.acquire(caller(0)).await,
        limiter.acquire(caller(0)).await,
    ];
    assert_eq!(numbers(&limiter), (MAX_RUNNING, 0, 0));
    let mut waiting: Vec<_> =
        [1, 1, 1, 2, 3, 2].map(|number| Box::pin(limiter.acquire(caller(number)))).into();
    for request in &mut waiting {
        assert!(poll_once(request).await.is_none());
    }
    let mut order = Vec::new();
    let mut permit = permit;
    while order.len() < waiting.len() {
        drop(permit.take());
        for (number, request) in waiting.iter_mut().enumerate() {
            if !order.contains(&number)
                && let Some(granted) = poll_once(request).await
            {
                order.push(number);
                permit = Some(granted.unwrap());
                break;
            }
        }
    }
    assert_eq!(order, [0, 3, 4, 1, 5, 2], "the caller 1 came first with three requests");
}

#[tokio::test]
async fn full_queue_refuses_requests_of_all_callers_or_of_one() {
    let limiter = WorkLimiter::default();
    let permits = take_all(&limiter).await;
    let mut waiting = Vec::new();
    for number in 0..MAX_QUEUED {
        let number = u8::try_from(number / MAX_QUEUED_PER_CALLER).unwrap();
        let mut request = Box::pin(limiter.acquire(caller(number)));
        assert!(poll_once(&mut request).await.is_none());
        waiting.push(request);
        if waiting.len() == MAX_QUEUED_PER_CALLER {
            assert_eq!(limiter.acquire(caller(0)).await.unwrap_err(), Busy);
        }
    }
    assert_eq!(limiter.acquire(caller(200)).await.unwrap_err(), Busy);
    assert_eq!(numbers(&limiter), (MAX_RUNNING, MAX_QUEUED, 2));
    drop((waiting, permits));
    assert_eq!(numbers(&limiter), (0, 0, 2));
    assert!(limiter.acquire(caller(200)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn wait_has_a_deadline() {
    let limiter = WorkLimiter::default();
    let permits = take_all(&limiter).await;
    // The paused clock advances to the deadline, since nothing else is to do.
    assert_eq!(limiter.acquire(caller(1)).await.unwrap_err(), Busy);
    assert_eq!(numbers(&limiter), (MAX_RUNNING, 0, 1));
    drop(permits);
    assert_eq!(numbers(&limiter), (0, 0, 1));
}

#[tokio::test]
async fn permit_of_a_request_that_has_gone_is_passed_on() {
    let limiter = WorkLimiter::default();
    let mut permits = take_all(&limiter).await;
    let mut first = Box::pin(limiter.acquire(caller(1)));
    let mut second = Box::pin(limiter.acquire(caller(2)));
    assert!(poll_once(&mut first).await.is_none() && poll_once(&mut second).await.is_none());
    // Granted, but not taken.
    permits.pop();
    assert!(poll_once(&mut second).await.is_none());
    drop(first);
    let permit = poll_once(&mut second).await.unwrap().unwrap();
    assert_eq!(numbers(&limiter), (MAX_RUNNING, 0, 0));
    drop((permit, permits));
    assert_eq!(numbers(&limiter), (0, 0, 0));
}
