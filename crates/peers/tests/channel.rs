//! Calls that go to another address when one is lost.
#![cfg(test)]

use goalpost_peers::{Addresses, Channel, Credentials};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// A service, and where it is.
async fn service() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (_, health) = tonic_health::server::health_reporter();
    let serving = Server::builder().add_service(health).serve_with_incoming(TcpListenerStream::new(listener));
    (address, tokio::spawn(async move { drop(serving.await) }))
}

async fn check(client: &HealthClient<Channel>) -> Result<(), Status> {
    client.clone().check(HealthCheckRequest::default()).await.map(drop)
}

#[tokio::test]
async fn a_call_after_the_one_that_failed_goes_elsewhere() {
    let ((first, one), (second, two)) = (service().await, service().await);
    let addresses: Addresses = format!("{first},{second}").parse().unwrap();
    let client = HealthClient::new(Channel::new(&addresses, &Credentials::default()));
    check(&client).await.unwrap();
    one.abort();
    // Whichever of the two it was: at most one call fails.
    let mut failed = 0;
    for _ in 0..10 {
        failed += usize::from(check(&client).await.is_err());
    }
    assert!(failed <= 1, "{failed} calls failed");
    two.abort();
}

#[tokio::test]
async fn nobody_at_any_address_is_an_error_and_not_a_wait() {
    let addresses: Addresses = "http://127.0.0.1:1,http://127.0.0.1:2".parse().unwrap();
    let client = HealthClient::new(Channel::new(&addresses, &Credentials::default()));
    assert_eq!(check(&client).await.unwrap_err().code(), Code::Unavailable);
}
