use goalpost_planner::{Config, Error, LlmArgs, build};
use goalpost_testkit::llm::Server;

use super::settings;

async fn refused(llm: LlmArgs) -> String {
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), llm, ..Config::default() };
    match build(config).await {
        Err(Error::Llm(error)) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it started"),
    }
}

#[tokio::test]
async fn settings_that_do_not_go_together_stop_the_start() {
    let server = Server::start([]).await;
    let told = refused(LlmArgs { llm_model: None, llm_input_price: None, ..settings(&server) }).await;
    assert!(told.contains("--llm-model") && told.contains("--llm-input-price"), "{told}");
}

#[tokio::test]
async fn a_key_that_is_not_there_stops_the_start_and_is_named_by_its_reference() {
    let server = Server::start([]).await;
    let key = "secret://env/GOALPOST_NO_SUCH_KEY";
    let told = refused(LlmArgs { llm_key: Some(key.parse().unwrap()), ..settings(&server) }).await;
    assert!(told.contains(key), "{told}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), "sk-1234\n").unwrap();
    let llm = LlmArgs {
        llm_key: Some("secret://file/key".parse().unwrap()),
        llm_secrets: Some(folder.path().to_owned()),
        ..settings(&server)
    };
    assert!(build(Config { listen: ([127, 0, 0, 1], 0).into(), llm, ..Config::default() }).await.is_ok());
}
