//! Bringing up the schema.

use goalpost_store::Store;

/// A goal that came between the tables and their triggers would have no history and no delivery.
#[tokio::test]
async fn there_are_no_tables_without_their_triggers() {
    let database = goalpost_testkit::empty_database().await;
    let client = database.client().await;
    // The migration of the triggers finds this in its way.
    client
        .batch_execute("CREATE FUNCTION refuse_change() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        .await
        .unwrap();
    let store = Store::new(database.url(), 1).unwrap();
    goalpost_store::migrate(&store).await.unwrap_err();
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename IN ('goals', 'workflows', 'tasks')";
    assert_eq!(client.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 0);
    client.batch_execute("DROP FUNCTION refuse_change()").await.unwrap();
    goalpost_store::migrate(&store).await.unwrap();
    assert_eq!(client.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 3);
}
