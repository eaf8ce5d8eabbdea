//! Cutting takers off.
//!
//! A blocked take outlives what its taker knows: a machine that is cut off keeps its connection to
//! Redis open at the other end, and a flush leaves it waiting although it forgets whose it is. What
//! such a take is handed would be lost. So these connections are cut before anything is given.

use redis::aio::ConnectionLike;

use crate::{Error, keys};

/// Cuts the connections of takers: those called `name`, or of all takers if it is `None`.
pub(crate) async fn cut(connection: &mut impl ConnectionLike, name: Option<&str>) -> Result<usize, Error> {
    let clients: String =
        redis::cmd("CLIENT").arg("LIST").arg("TYPE").arg("normal").query_async(connection).await?;
    let ids: Vec<&str> = clients.lines().filter_map(|line| taker(line, name)).collect();
    let mut pipeline = redis::pipe();
    for id in &ids {
        // One that is gone by now is no error.
        pipeline.cmd("CLIENT").arg("KILL").arg("ID").arg(id).ignore();
    }
    if !ids.is_empty() {
        pipeline.exec_async(connection).await?;
    }
    Ok(ids.len())
}

/// Cuts the connection with this id, if it is still there and called `name`.
pub(crate) async fn cut_one(connection: &mut impl ConnectionLike, id: u64, name: &str) -> Result<(), Error> {
    let client: String = redis::cmd("CLIENT").arg("LIST").arg("ID").arg(id).query_async(connection).await?;
    if client.lines().any(|line| taker(line, Some(name)).is_some()) {
        redis::cmd("CLIENT").arg("KILL").arg("ID").arg(id).exec_async(connection).await?;
    }
    Ok(())
}

/// The id of the client that this line of `CLIENT LIST` is about, if it is one that is looked for.
fn taker<'a>(line: &'a str, name: Option<&str>) -> Option<&'a str> {
    let field = |prefix| line.split(' ').find_map(|field: &str| field.strip_prefix(prefix));
    let found = field("name=")?;
    let is_meant = name.map_or_else(|| found.starts_with(keys::CONNECTION_PREFIX), |name| found == name);
    if is_meant { field("id=") } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_takers_are_found_in_a_list_of_clients() {
        let line = |name: &str| format!("id=7 addr=127.0.0.1:1 laddr=127.0.0.1:2 fd=8 name={name} age=0");
        let mine = keys::connection(uuid::Uuid::from_u128(1));
        assert_eq!(taker(&line(&mine), None), Some("7"));
        assert_eq!(taker(&line(&mine), Some(&mine)), Some("7"));
        assert_eq!(taker(&line(""), None), None);
        assert_eq!(taker(&line("goalpost:taker:another"), Some(&mine)), None);
    }
}
