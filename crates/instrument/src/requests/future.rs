//! Response future.

use super::StatusClass;
use super::pending::PendingRequest;
use http::Response;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// Response future of a [`RequestService`](super::RequestService).
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        pending: PendingRequest,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, pending: PendingRequest) -> Self {
        Self { inner, pending }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inner = this.inner;
        let result = ready!(this.pending.call_service(|| inner.poll(context)));
        let class =
            result.as_ref().map_or(StatusClass::ServerError, |response| StatusClass::of(response.status()));
        this.pending.answered(class);
        Poll::Ready(result)
    }
}
