//! What the proxy does to connections.

#![cfg(test)]

use std::io::ErrorKind;
use std::net::SocketAddr;

use goalpost_testkit::proxy::{Direction, Proxy};
use goalpost_testkit::wait_for;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A server that answers each byte with its own mark, and tells of each byte that came.
async fn server(mark: u8) -> (SocketAddr, mpsc::UnboundedReceiver<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, hear) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let heard = heard.clone();
            tokio::spawn(async move {
                while let Ok(byte) = stream.read_u8().await {
                    heard.send(byte).ok();
                    stream.write_u8(mark).await.ok();
                }
            });
        }
    });
    (address, hear)
}

async fn ask(stream: &mut TcpStream) -> Result<u8, ErrorKind> {
    stream.write_u8(b'?').await.map_err(|error| error.kind())?;
    stream.read_u8().await.map_err(|error| error.kind())
}

async fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

#[tokio::test]
async fn what_is_said_arrives_and_so_does_the_end() {
    let (address, mut heard) = server(b'a').await;
    let proxy = Proxy::start(&[address]).await;
    let mut stream = connect(&proxy).await;
    assert_eq!(ask(&mut stream).await, Ok(b'a'));
    assert_eq!(heard.recv().await, Some(b'?'));
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn connections_go_to_the_servers_in_turn_and_past_one_that_is_away() {
    let (first, _) = server(b'a').await;
    let (second, _) = server(b'b').await;
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = Proxy::start(&[first, second, away]).await;
    let mut marks = Vec::new();
    for _ in 0..4 {
        marks.push(ask(&mut connect(&proxy).await).await.unwrap());
    }
    assert_eq!(marks, b"abaa", "the third connection goes past the third server to the first");
}

#[tokio::test]
async fn a_reset_ends_connections_and_new_ones_work() {
    let (address, _) = server(b'a').await;
    let proxy = Proxy::start(&[address]).await;
    let mut stream = connect(&proxy).await;
    assert_eq!(ask(&mut stream).await, Ok(b'a'));
    proxy.reset();
    assert_eq!(stream.read_u8().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(ask(&mut connect(&proxy).await).await, Ok(b'a'));
}

#[tokio::test]
async fn a_cut_lasts_until_it_is_healed() {
    let (address, _) = server(b'a').await;
    let proxy = Proxy::start(&[address]).await;
    let mut stream = connect(&proxy).await;
    assert_eq!(ask(&mut stream).await, Ok(b'a'));
    proxy.cut();
    assert!(ask(&mut stream).await.is_err());
    assert!(ask(&mut connect(&proxy).await).await.is_err());
    proxy.heal();
    assert_eq!(ask(&mut connect(&proxy).await).await, Ok(b'a'));
}

#[tokio::test]
async fn what_is_frozen_arrives_when_it_is_healed() {
    let (address, mut heard) = server(b'a').await;
    let proxy = Proxy::start(&[address]).await;
    let mut stream = connect(&proxy).await;
    assert_eq!(ask(&mut stream).await, Ok(b'a'));
    heard.recv().await;

    proxy.freeze(Direction::ToClient);
    stream.write_u8(b'1').await.unwrap();
    assert_eq!(heard.recv().await, Some(b'1'), "the other direction flows");
    let mut byte = [0];
    let nothing = stream.try_read(&mut byte).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock, "the answer does not arrive");

    proxy.freeze(Direction::ToServer);
    stream.write_u8(b'2').await.unwrap();
    proxy.thaw(Direction::ToClient);
    assert_eq!(stream.read_u8().await.unwrap(), b'a', "the answer to the first");
    assert!(heard.try_recv().is_err(), "the second does not arrive");
    proxy.heal();
    assert_eq!(heard.recv().await, Some(b'2'));
    assert_eq!(stream.read_u8().await.unwrap(), b'a');
}

#[tokio::test]
async fn a_new_connection_through_a_frozen_proxy_is_silent_until_it_is_healed() {
    let (address, mut heard) = server(b'a').await;
    let proxy = Proxy::start(&[address]).await;
    proxy.freeze(Direction::ToServer);
    let mut stream = connect(&proxy).await;
    stream.write_u8(b'1').await.unwrap();
    assert!(heard.try_recv().is_err());
    proxy.heal();
    assert_eq!(stream.read_u8().await.unwrap(), b'a');
}

#[tokio::test]
async fn the_death_of_a_server_is_felt_through_the_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::start(&[listener.local_addr().unwrap()]).await;
    let mut stream = connect(&proxy).await;
    let (server, _) = listener.accept().await.unwrap();
    drop((server, listener));
    assert!(stream.read_u8().await.is_err());
    let next = wait_for("the refusal", async || {
        let mut stream = connect(&proxy).await;
        stream.read_u8().await.err()
    })
    .await;
    assert_eq!(next.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_failover_cuts_everybody_off_and_leads_them_to_the_other_server() {
    let ((first, _first), (second, _second)) = (server(b'1').await, server(b'2').await);
    let proxy = Proxy::start(&[first]).await;
    let mut stream = connect(&proxy).await;
    assert_eq!(ask(&mut stream).await, Ok(b'1'));
    proxy.fail_over(second);
    assert!(stream.read_u8().await.is_err());
    assert_eq!(ask(&mut connect(&proxy).await).await, Ok(b'2'));
}
