//! Taking elements from a list, safe against crashes.

use redis::Script;
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

use crate::{Error, List, keys};

/// Takes what is there beside the first element.
const TAKE_MORE: &str = include_str!("scripts/take_more.lua");

/// One taker on one list, with a connection of its own.
///
/// Takes are sequential: take, deal with it, [`done`](Self::done), take again. When the connection
/// or the process fails in between, what was taken stays in the processing list; the next
/// taker with the same id and list begins with it, or, if the taker is dead,
/// [`give_back_all`](crate::Queue::give_back_all) returns it to the list.
///
/// The future of a [`take`](Self::take) may be dropped: Redis goes on with what it was asked for, and
/// the next take answers with that. A taker that is dropped closes its connection, which ends a
/// take that waits.
pub struct Taker {
    connection: MultiplexedConnection,
    list_key: String,
    processing_key: String,
    give_back: Script,
    /// There may be more in the processing list than was handed out: from an earlier connection, or
    /// from a take whose future was dropped.
    may_have_left: bool,
}

impl Taker {
    pub(crate) async fn open(connection: MultiplexedConnection, id: Uuid, list: List) -> Result<Self, Error> {
        let mut taker = Self {
            connection,
            list_key: keys::list(&list),
            processing_key: keys::processing(id, &list),
            give_back: Script::new(include_str!("scripts/give_back.lua")),
            may_have_left: true,
        };
        taker.register(id, &list).await?;
        Ok(taker)
    }

    /// Before anything can be taken, so that it can be given back.
    async fn register(&mut self, id: Uuid, list: &List) -> Result<(), Error> {
        let ((), connection): ((), u64) = redis::pipe()
            .cmd("CLIENT")
            .arg("SETNAME")
            .arg(keys::connection(id))
            .cmd("CLIENT")
            .arg("ID")
            .query_async(&mut self.connection)
            .await?;
        // Named first: whoever cuts takers off either sees this connection or is seen by it.
        redis::cmd("HSET")
            .arg(keys::lists_of(id))
            .arg(list.to_string())
            .arg(connection)
            .exec_async(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Waits for an element and takes it with as many more as are there, up to `max` in all, in
    /// their order. It may answer with what an earlier take left, however much that is.
    pub async fn take(&mut self, max: usize) -> Result<Vec<String>, Error> {
        if self.may_have_left {
            let left = self.left().await?;
            if !left.is_empty() {
                self.may_have_left = false;
                return Ok(left);
            }
        }
        self.may_have_left = true;
        let taken = self.wait(max).await?;
        self.may_have_left = false;
        Ok(taken)
    }

    /// Redis answers this only after a take that still waits on this connection.
    async fn left(&mut self) -> Result<Vec<String>, Error> {
        let mut range = redis::cmd("LRANGE");
        range.arg(&self.processing_key).arg(0).arg(-1);
        Ok(range.query_async(&mut self.connection).await?)
    }

    /// Both commands go out together: Redis comes to the second once the first has its element.
    async fn wait(&mut self, max: usize) -> Result<Vec<String>, Error> {
        let (list, processing) = (&self.list_key, &self.processing_key);
        let mut take = redis::pipe();
        take.cmd("BLMOVE").arg(list).arg(processing).arg("LEFT").arg("RIGHT").arg(0);
        take.cmd("EVAL").arg(TAKE_MORE).arg(2).arg(list).arg(processing).arg(max.saturating_sub(1));
        let (first, more): (String, Vec<String>) = take.query_async(&mut self.connection).await?;
        Ok(std::iter::once(first).chain(more).collect())
    }

    /// What was taken is dealt with, durably.
    pub async fn done(&mut self) -> Result<(), Error> {
        if self.may_have_left {
            // Nothing was handed out that could be dealt with.
            return Ok(());
        }
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
