//! Every call with messages of the right form and any content: each is answered, and never with a fault of the service's.
//!
//! `GOALPOST_RANDOM_CALL_SECONDS=600 cargo test -p goalpost-integration-tests random_calls` goes on for ten minutes.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use goalpost_client::NewGoal;
use goalpost_peers::Credentials;
use goalpost_proto::FILE_DESCRIPTOR_SET;
use proptest::prelude::{Rng as _, RngExt as _};
use proptest::test_runner::{RngAlgorithm, TestRng};
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use tonic::Code;
use uuid::Uuid;

use crate::harness::{System, on_stores};
use crate::raw_call;

/// Messages of each call, unless a time is given.
const EACH: usize = 12;
/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Whoever watches for what is to come waits for it.
const OF_WATCHERS: Duration = Duration::from_secs(1);
/// Messages in messages.
const DEPTH: usize = 5;
/// More than the service has after its start.
const ROOM: u64 = 512 << 20;

/// The API: its messages and calls.
struct Api {
    messages: HashMap<String, DescriptorProto>,
    /// Each call, with the type of its requests.
    calls: Vec<(String, String)>,
}

impl Api {
    fn read() -> Self {
        let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
        let mut api = Self { messages: HashMap::new(), calls: Vec::new() };
        for file in &set.file {
            let package = format!(".{}", file.package());
            for message in &file.message_type {
                api.add(&package, message);
            }
            for service in &file.service {
                for method in &service.method {
                    let rpc = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                    api.calls.push((rpc, method.input_type().to_owned()));
                }
            }
        }
        api
    }

    fn add(&mut self, within: &str, message: &DescriptorProto) {
        let name = format!("{within}.{}", message.name());
        for nested in &message.nested_type {
            self.add(&name, nested);
        }
        self.messages.insert(name, message.clone());
    }
}

/// Makes messages up.
struct Random<'a> {
    api: &'a Api,
    rng: TestRng,
    /// Ids that are something's.
    ids: Vec<String>,
}

impl Random<'_> {
    fn message(&mut self, name: &str, depth: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let message = self.api.messages[name].clone();
        for field in &message.field {
            let several = field.label() == Label::Repeated;
            let times = match self.rng.random_range(0..10) {
                0..4 => 0,
                4..9 => 1,
                _ if several => self.rng.random_range(2..20),
                // The last one counts.
                _ => 2,
            };
            for _ in 0..times {
                self.field(field, depth, &mut bytes);
            }
        }
        bytes
    }

    fn field(&mut self, field: &FieldDescriptorProto, depth: usize, bytes: &mut Vec<u8>) {
        let number = u32::try_from(field.number()).unwrap();
        match field.r#type() {
            Type::Message if depth == 0 => {}
            Type::Message => {
                let inner = self.message(field.type_name(), depth - 1);
                length_delimited(number, &inner, bytes);
            }
            Type::String => length_delimited(number, self.text(field.name()).as_bytes(), bytes),
            Type::Bytes => {
                let mut any = vec![0; self.rng.random_range(0..200)];
                self.rng.fill_bytes(&mut any);
                length_delimited(number, &any, bytes);
            }
            Type::Double => {
                let any = [0.0, -1.0, 1.5, f64::NAN, f64::INFINITY, f64::MAX, 1e300];
                encode_key(number, WireType::SixtyFourBit, bytes);
                bytes.extend(any[self.rng.random_range(0..any.len())].to_le_bytes());
            }
            Type::Float => {
                encode_key(number, WireType::ThirtyTwoBit, bytes);
                bytes.extend(self.rng.next_u32().to_le_bytes());
            }
            _ => {
                let any = [0, 1, 2, 3, 7, 100, 5_000, u64::from(u32::MAX), i64::MAX as u64, u64::MAX];
                encode_key(number, WireType::Varint, bytes);
                encode_varint(any[self.rng.random_range(0..any.len())], bytes);
            }
        }
    }

    /// What such a field might have, or what it never should.
    fn text(&mut self, field: &str) -> String {
        let words = [
            "",
            "default",
            "test.echo",
            "test.brew",
            "Brew some tea",
            "a",
            "tasks.a.output.n > 1",
            "goal.input",
            "true",
            "\0",
            "ä",
            "💥",
            "../..",
            "'; DROP TABLE goals; --",
            "secret://env/HOME",
            "*",
            "viewer@*",
            "1e400",
            "{\"type\": \"object\"}",
            "((((((((((",
            "-1",
            "goalpost.wait",
            "sha256:00",
            "\u{202e}",
        ];
        match self.rng.random_range(0..12) {
            0..5 if field == "id" || field.ends_with("_id") => {
                self.ids[self.rng.random_range(0..self.ids.len())].clone()
            }
            0 => "x".repeat(self.rng.random_range(0..20_000)),
            1 => Uuid::from_u128(u128::from(self.rng.next_u64())).to_string(),
            2 => format!("{:064x}", self.rng.next_u64()),
            _ => words[self.rng.random_range(0..words.len())].to_owned(),
        }
    }

    /// A request of the call; now and then one that is broken.
    fn request(&mut self, kind: &str) -> Vec<u8> {
        let mut message = self.message(kind, DEPTH);
        if self.rng.random_range(0..10) == 0 && !message.is_empty() {
            let place = self.rng.random_range(0..message.len());
            message[place] ^= 1 << self.rng.random_range(0..8);
        }
        message
    }
}

fn length_delimited(number: u32, inner: &[u8], bytes: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, bytes);
    encode_varint(inner.len() as u64, bytes);
    bytes.extend(inner);
}

fn address<'a>(system: &'a System, rpc: &str) -> &'a str {
    let endpoints = &system.endpoints;
    match rpc.trim_start_matches("/goalpost.v1.").split('/').next().unwrap() {
        "CentralDecisionGroup" | "AccessControl" => &endpoints.decision_group,
        "GraphEngine" | "Worker" => &endpoints.graph_engine,
        "Persistence" => &endpoints.persistence,
        _ => endpoints.planner.as_str(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_with_any_content_is_answered_and_never_with_a_fault_of_the_service() {
    let on = on_stores().await;
    let system = &on.system;
    let seconds = std::env::var("GOALPOST_RANDOM_CALL_SECONDS").ok().map(|text| text.parse().unwrap());
    let seed = seconds.map_or([7; 16], |_| *Uuid::new_v4().as_bytes());
    println!("seed {}", Uuid::from_bytes(seed));
    let goal = system.client().submit(NewGoal::text("Brew some tea")).await.unwrap().id;
    let (api, nobody) = (Api::read(), Credentials::default());
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &seed);
    let mut random = Random { api: &api, rng, ids: vec![goal, Uuid::nil().to_string()] };
    let (before, started) = (system.resident_bytes(), Instant::now());
    let end = seconds.map(|seconds| started + Duration::from_secs(seconds));
    let (mut round, mut answers) = (0, BTreeMap::<String, usize>::new());
    while end.map_or(round < EACH, |end| Instant::now() < end) {
        round += 1;
        for (rpc, kind) in &api.calls {
            let message = random.request(kind);
            let call = raw_call::call(address(system, rpc), &nobody, rpc, message.clone());
            let patience = if rpc.contains("/Watch") { OF_WATCHERS } else { PATIENCE };
            let Ok(answer) = tokio::time::timeout(patience, call).await else {
                assert!(rpc.contains("/Watch"), "{rpc} is not answered: {message:?}");
                *answers.entry("watches".to_owned()).or_insert(0) += 1;
                continue;
            };
            let code = answer.as_ref().map_or_else(tonic::Status::code, |_| Code::Ok);
            let is_fault = matches!(code, Code::Internal | Code::Unknown | Code::DataLoss)
                // What cannot be decoded is the caller's, though the transport calls it a fault.
                && !answer.as_ref().is_err_and(|status| status.message().contains("failed to decode Protobuf message"));
            assert!(!is_fault, "{rpc}: {answer:?} to {message:?}");
            *answers.entry(format!("{code:?}")).or_insert(0) += 1;
        }
    }
    let grown = system.resident_bytes().saturating_sub(before);
    println!("{answers:?} in {:?}; {} MiB more", started.elapsed(), grown >> 20);
    assert!(grown < ROOM, "{grown} bytes more");
    assert!(answers.get("Ok").is_some_and(|ok| *ok > 20), "too little of it meant anything: {answers:?}");
    // It goes on as if nothing had been.
    system.client().submit(NewGoal::text("Brew some tea")).await.unwrap();
    system.verify().await;
}
