//! Taking elements from a list, safe against crashes.

use redis::Script;
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

use crate::{Error, List, keys};

/// One taker on one list, with a connection of its own.
///
/// Takes are sequential: take, deal with it, [`done`](Self::done), take again. When the connection
/// or the process fails in between, what was taken stays in the processing list; the next
/// taker with the same id and list begins with it, or, if the taker is dead,
/// [`give_back_all`](crate::Queue::give_back_all) returns it to the list. A dropped future of
/// [`take`](Self::take) loses nothing for the same reason; the taker must be dropped with it.
pub struct Taker {
    connection: MultiplexedConnection,
    id: Uuid,
    list: List,
    list_key: String,
    processing_key: String,
    take_more: Script,
    give_back: Script,
    /// What an earlier connection left behind may be there.
    may_have_left: bool,
}

impl Taker {
    pub(crate) async fn open(connection: MultiplexedConnection, id: Uuid, list: List) -> Result<Self, Error> {
        let mut taker = Self {
            connection,
            id,
            list_key: keys::list(&list),
            processing_key: keys::processing(id, &list),
            list,
            take_more: Script::new(include_str!("scripts/take_more.lua")),
            give_back: Script::new(include_str!("scripts/give_back.lua")),
            may_have_left: true,
        };
        // Registered before anything can be taken, so that it can be given back.
        redis::cmd("SADD")
            .arg(keys::lists_of(id))
            .arg(taker.list.to_string())
            .exec_async(&mut taker.connection)
            .await?;
        Ok(taker)
    }

    /// Waits for an element and takes it with as many more as are there, up to `max` in all, in
    /// their order. The first take of a connection may answer with what an earlier one left,
    /// however much that is.
    pub async fn take(&mut self, max: usize) -> Result<Vec<String>, Error> {
        if self.may_have_left {
            let left: Vec<String> = redis::cmd("LRANGE")
                .arg(&self.processing_key)
                .arg(0)
                .arg(-1)
                .query_async(&mut self.connection)
                .await?;
            self.may_have_left = false;
            if !left.is_empty() {
                return Ok(left);
            }
        }
        let first: String = redis::cmd("BLMOVE")
            .arg(&self.list_key)
            .arg(&self.processing_key)
            .arg("LEFT")
            .arg("RIGHT")
            .arg(0)
            .query_async(&mut self.connection)
            .await?;
        let mut taken = vec![first];
        let more: Vec<String> = self
            .take_more
            .key(&self.list_key)
            .key(&self.processing_key)
            .key(keys::lists_of(self.id))
            .arg(max.saturating_sub(1))
            .arg(self.list.to_string())
            .invoke_async(&mut self.connection)
            .await?;
        taken.extend(more);
        Ok(taken)
    }

    /// What was taken is dealt with, durably.
    pub async fn done(&mut self) -> Result<(), Error> {
        Ok(redis::cmd("DEL").arg(&self.processing_key).exec_async(&mut self.connection).await?)
    }

    /// Some of what was taken goes back to the head of the list, in this order.
    pub async fn give_back(&mut self, elements: &[String]) -> Result<(), Error> {
        if elements.is_empty() {
            return Ok(());
        }
        let mut call = self.give_back.key(&self.processing_key);
        call.key(&self.list_key);
        for element in elements {
            call.arg(element);
        }
        let _: i64 = call.invoke_async(&mut self.connection).await?;
        Ok(())
    }
}
