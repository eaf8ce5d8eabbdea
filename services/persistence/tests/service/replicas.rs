//! Several replicas.

use goalpost_queue::List;

use crate::Stores;

#[tokio::test]
async fn a_standby_serves_and_takes_over_when_the_active_one_ends() {
    let stores = Stores::new().await;
    let first = stores.persistence(5_000).await;
    let mut second = stores.persistence(5_000).await;
    let goal = stores.goal().await.to_string();
    assert_eq!(stores.take(List::goals(), 1).await, [goal]);
    second.client.get_stats(goalpost_proto::v1::GetStatsRequest {}).await.unwrap();
    first.stop().await;
    let goal = stores.goal().await.to_string();
    assert_eq!(stores.take(List::goals(), 1).await, [goal]);
    second.stop().await;
}
