//! Channels and delivery service against a real HTTP receiver and mail server.

mod chats;
mod delivery;
mod http;
mod kill;
mod mail;
mod mail_server;
mod receiver;

use crate::SendError;
use crate::message::tests::sample;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::future::Future;
use std::sync::Arc;
use watchglass_model::Timestamp;
use watchglass_test_servers::Certificates;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Runs one send to completion.
fn run<T>(send: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(send)
}

fn temporary(result: Result<(), SendError>) -> String {
    match result {
        Err(SendError::Temporary { reason, retry_after: None }) => reason,
        other => panic!("{other:?}"),
    }
}

fn permanent(result: Result<(), SendError>) -> String {
    match result {
        Err(SendError::Permanent { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

fn server_config(certificates: &Certificates) -> Arc<ServerConfig> {
    let chain = vec![CertificateDer::from_pem_file(&certificates.server).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&certificates.key).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(chain, key).unwrap())
}

fn client_config(certificates: &Certificates) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&certificates.authority).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}
