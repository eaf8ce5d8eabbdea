//! Taking elements from a list, safe against crashes.

use redis::aio::MultiplexedConnection;
use redis::{Script, ScriptInvocation};
use uuid::Uuid;

use crate::{Element, Error, List, connections, keys, scripts};

/// One taker on one list, with a connection of its own.
///
/// Takes are sequential: take, deal with it, [`done`](Self::done), take again. Or take again while some of it is still
/// dealt with, and have each element [finished](crate::Queue::finish) by itself. When the connection
/// or the process fails in between, what was taken stays in the processing list; the next
/// taker with the same id and list begins with it, or, if the taker is dead,
/// [`give_back_all`](crate::Queue::give_back_all) returns it to the list.
///
/// The future of a [`take`](Self::take) may be dropped: Redis goes on with what it was asked for, and
/// the next take answers with that. A taker that is dropped closes its connection, which ends a
/// take that waits.
pub struct Taker {
    connection: MultiplexedConnection,
    list: String,
    turns_key: String,
    processing_key: String,
    /// There may be more in the processing list than was handed out: from an earlier connection, or
    /// from a take whose future was dropped.
    may_have_left: bool,
}

impl Taker {
    pub(crate) async fn open(connection: MultiplexedConnection, id: Uuid, list: List) -> Result<Self, Error> {
        let mut taker = Self {
            connection,
            list: list.to_string(),
            turns_key: keys::turns(&list),
            processing_key: keys::processing(id, &list),
            may_have_left: true,
        };
        taker.register(id).await?;
        Ok(taker)
    }

    /// Before anything can be taken, so that it can be given back.
    async fn register(&mut self, id: Uuid) -> Result<(), Error> {
        let ((), own, earlier): ((), u64, Option<u64>) = redis::pipe()
            .cmd("CLIENT")
            .arg("SETNAME")
            .arg(keys::connection(id))
            .cmd("CLIENT")
            .arg("ID")
            .cmd("HGET")
            .arg(keys::lists_of(id))
            .arg(&self.list)
            .query_async(&mut self.connection)
            .await?;
        // Redis may not have noticed the end of an earlier one: it must not take behind this one's back.
        if let Some(earlier) = earlier.filter(|earlier| *earlier != own) {
            connections::cut_one(&mut self.connection, earlier, &keys::connection(id)).await?;
        }
        scripts::TAKE.load_async(&mut self.connection).await?;
        // Named first: whoever cuts takers off either sees this connection or is seen by it.
        let is_admitted: bool = scripts::REGISTER
            .key(keys::retired(id))
            .key(keys::lists_of(id))
            .arg(&self.list)
            .arg(own)
            .invoke_async(&mut self.connection)
            .await?;
        if is_admitted { Ok(()) } else { Err(Error::Retired(id)) }
    }

    /// Waits for an element and takes it with as many more as are there, up to `max` in all. Those of
    /// one lane come in their order. It may answer with what an earlier take left, however much
    /// that is.
    pub async fn take(&mut self, max: usize) -> Result<Vec<String>, Error> {
        let mut taken = Vec::new();
        // A turn may turn out to be one too many.
        while taken.is_empty() {
            if self.may_have_left {
                taken = self.left().await?;
            }
            if taken.is_empty() {
                self.may_have_left = true;
                taken = self.wait(max).await?;
            }
            self.may_have_left = false;
        }
        Ok(taken.into_iter().map(Element::of_entry).collect())
    }

    /// Redis answers this only after a take that still waits on this connection.
    async fn left(&mut self) -> Result<Vec<String>, Error> {
        Ok(self.call(&scripts::LEFT).invoke_async(&mut self.connection).await?)
    }

    /// Both commands go out together: Redis comes to the second once the first has its turn.
    async fn wait(&mut self, max: usize) -> Result<Vec<String>, Error> {
        let (turns, processing) = (&self.turns_key, &self.processing_key);
        let mut take = redis::pipe();
        take.cmd("BLMOVE").arg(turns).arg(processing).arg("LEFT").arg("RIGHT").arg(0).ignore();
        take.cmd("EVALSHA").arg(scripts::TAKE.get_hash()).arg(2).arg(turns).arg(processing);
        take.arg(keys::LANE_PREFIX).arg(&self.list).arg(max.max(1));
        let (taken,): (Vec<String>,) = take.query_async(&mut self.connection).await?;
        Ok(taken)
    }

    /// What was taken is dealt with, durably.
    pub async fn done(&mut self) -> Result<(), Error> {
        if self.may_have_left {
            // Nothing was handed out that could be dealt with.
            return Ok(());
        }
        Ok(redis::cmd("DEL").arg(&self.processing_key).exec_async(&mut self.connection).await?)
    }

    /// Only the first `kept` of what was taken stay taken: the others go back to the heads of their
    /// lanes, in order.
    pub async fn keep(&mut self, kept: usize) -> Result<(), Error> {
        if self.may_have_left {
            return Ok(());
        }
        let mut call = self.call(&scripts::KEEP);
        call.arg(kept);
        Ok(call.invoke_async(&mut self.connection).await?)
    }

    /// A call of a script about this list and this taker.
    fn call<'a>(&self, script: &'a Script) -> ScriptInvocation<'a> {
        let mut call = script.key(&self.turns_key);
        call.key(&self.processing_key).arg(keys::LANE_PREFIX).arg(&self.list);
        call
    }
}
