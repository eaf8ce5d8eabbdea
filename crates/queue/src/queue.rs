//! The way to Redis.

use std::collections::BTreeMap;
use std::time::Duration;

use deadpool_redis::{Manager, Pool, Runtime};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion,
    TlsCertificates,
};
use uuid::Uuid;

use crate::{
    Depth, Element, Epoch, EpochWatch, Error, LaneDepth, Link, List, Pushed, Pusher, Taker, connections,
    keys, scripts,
};

/// Connections for short commands at most.
const POOL_SIZE: usize = 4;
/// How long a connection may take to come about, and a short command to be answered.
const TIMEOUT: Duration = Duration::from_secs(5);
/// After this silence of the other side a connection is given up.
const SILENCE: Duration = Duration::from_secs(15);

/// How long a retired taker is remembered: longer than any process goes on without its database.
const RETIRED_SECONDS: u64 = 24 * 60 * 60;

/// A lane's name, how many elements it holds, and the entry at its head.
type LaneReply = (String, u64, String);

/// The way to Redis. Cheap to clone; connects when first used.
#[derive(Clone)]
pub struct Queue {
    pub(crate) pool: Pool,
    client: Client,
}

impl Queue {
    /// A queue at `url` (`redis://user:password@host:port/database`). Does not connect yet.
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::believing(url, None)
    }

    /// The same at a `rediss://` URL, whose connections are secured: certificates of the authorities in the PEM are
    /// believed, or those of the system.
    pub fn believing(url: &str, authorities: Option<Vec<u8>>) -> Result<Self, Error> {
        goalpost_tls::install_provider();
        let config = |error: redis::RedisError| Error::Config(Box::new(error));
        let keepalive = TcpKeepalive::new().with_time(SILENCE / 3).with_interval(SILENCE / 5).with_retries(5);
        // The kernel looks at it when it probes: the connection is given up within the whole.
        let unanswered = SILENCE - SILENCE / 5;
        let tcp =
            TcpSettings::default().set_nodelay(true).set_keepalive(keepalive).set_user_timeout(unanswered);
        let info: ConnectionInfo = url.into_connection_info().map_err(config)?.set_tcp_settings(tcp);
        // RESP3: Redis can tell of a change by itself.
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let info = info.set_redis_settings(redis);
        let client = match info.addr() {
            ConnectionAddr::TcpTls { .. } => {
                let certificates = TlsCertificates { client_tls: None, root_cert: authorities };
                Client::build_with_tls(info, certificates)
            }
            _ if authorities.is_some() => {
                return Err(Error::Config(
                    "certificates of Redis are checked at a rediss:// URL alone".into(),
                ));
            }
            _ => Client::open(info),
        };
        let client = client.map_err(config)?;
        let manager = Manager::new(client.get_connection_info().clone()).map_err(config)?;
        let pool = Pool::builder(manager)
            .max_size(POOL_SIZE)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(TIMEOUT))
            .create_timeout(Some(TIMEOUT))
            .build()
            .map_err(|error| Error::Config(Box::new(error)))?;
        Ok(Self { pool, client })
    }

    /// A connection of its own whose answers may take `response_timeout`; `None`: for ever.
    pub(crate) async fn dedicated(
        &self,
        response_timeout: Option<Duration>,
    ) -> Result<MultiplexedConnection, Error> {
        self.connect(AsyncConnectionConfig::new().set_response_timeout(response_timeout)).await
    }

    pub(crate) async fn connect(
        &self,
        config: AsyncConnectionConfig,
    ) -> Result<MultiplexedConnection, Error> {
        let config = config.set_connection_timeout(Some(TIMEOUT));
        Ok(self.client.get_multiplexed_async_connection_with_config(&config).await?)
    }

    /// Asks Redis for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        let mut connection = self.pool.get().await?;
        Ok(redis::cmd("PING").exec_async(&mut connection).await?)
    }

    /// The epoch of this Redis; begins one if it has none, or one of an earlier run of the server.
    /// False with it says that it was not yet told of everything undelivered, as far as anybody
    /// has [said so](Self::mark_told): what was in Redis before may be gone.
    pub async fn ensure_epoch(&self) -> Result<(Epoch, bool), Error> {
        let mut connection = self.pool.get().await?;
        let (epoch, is_told) = scripts::ENSURE_EPOCH
            .key(keys::EPOCH)
            .key(keys::TOLD)
            .arg(Uuid::now_v7().to_string())
            .invoke_async(&mut connection)
            .await?;
        Ok((Epoch(epoch), is_told))
    }

    /// Says that the epoch was told of everything undelivered.
    pub async fn mark_told(&self, epoch: &Epoch) -> Result<Pushed, Error> {
        let mut connection = self.pool.get().await?;
        let is_marked = scripts::MARK_TOLD
            .key(keys::EPOCH)
            .key(keys::TOLD)
            .arg(&epoch.0)
            .invoke_async(&mut connection)
            .await?;
        Ok(if is_marked { Pushed::Done } else { Pushed::EpochLost })
    }

    /// Cuts the connections of all takers; they come back by themselves. To be done in a new epoch
    /// before anything is pushed: Redis has forgotten which lists they take from, and nobody
    /// could give back what they would be handed.
    pub async fn cut_takers(&self) -> Result<usize, Error> {
        connections::cut(&mut self.pool.get().await?, None).await
    }

    /// A watch that ends with this epoch.
    pub async fn watch_epoch(&self, epoch: &Epoch) -> Result<EpochWatch, Error> {
        EpochWatch::start(self, epoch).await
    }

    /// An idle connection that tells when Redis goes away.
    pub async fn link(&self) -> Result<Link, Error> {
        Link::open(self).await
    }

    /// A connection for pushes.
    pub async fn pusher(&self) -> Result<Pusher, Error> {
        Ok(Pusher::new(self.dedicated(Some(TIMEOUT)).await?))
    }

    /// The taker `id` on a list, with a connection of its own.
    pub async fn taker(&self, id: Uuid, list: List) -> Result<Taker, Error> {
        Taker::open(self.dedicated(None).await?, id, list).await
    }

    /// From now on the taker takes nothing until it is [admitted](Self::admit) again, even if it has not
    /// heard yet that it is believed to be dead. What it has taken is given back as by
    /// [`give_back_all`](Self::give_back_all).
    pub async fn retire(&self, taker: Uuid) -> Result<u64, Error> {
        let mut connection = self.pool.get().await?;
        let mut mark = redis::cmd("SET");
        mark.arg(keys::retired(taker)).arg(1).arg("EX").arg(RETIRED_SECONDS);
        mark.exec_async(&mut connection).await?;
        drop(connection);
        self.give_back_all(taker).await
    }

    /// The taker may take, from now on.
    pub async fn admit(&self, taker: Uuid) -> Result<(), Error> {
        let mut connection = self.pool.get().await?;
        Ok(redis::cmd("DEL").arg(keys::retired(taker)).exec_async(&mut connection).await?)
    }

    /// Cuts the taker off and gives back whatever it has taken and not dealt with, to the heads of
    /// their lanes, in order. The cost is that of what was taken. Answers with the number of elements.
    pub async fn give_back_all(&self, taker: Uuid) -> Result<u64, Error> {
        let mut connection = self.pool.get().await?;
        let lists: Vec<(String, String)> =
            redis::cmd("HGETALL").arg(keys::lists_of(taker)).query_async(&mut connection).await?;
        connections::cut(&mut connection, Some(&keys::connection(taker))).await?;
        let mut call = scripts::GIVE_BACK_ALL.key(keys::lists_of(taker));
        call.arg(keys::LANE_PREFIX).arg(keys::TURNS_PREFIX).arg(keys::processing_prefix(taker)).arg(lists);
        Ok(call.invoke_async(&mut connection).await?)
    }

    /// One element that the taker has taken is dealt with, durably, while others may not be, and while it may wait for
    /// more. One that it does not have any more, since it was given back, is nothing to finish.
    pub async fn finish(&self, taker: Uuid, list: &List, element: &str) -> Result<(), Error> {
        let mut connection = self.pool.get().await?;
        let mut call = scripts::FINISH.key(keys::processing(taker, list));
        call.arg(element);
        Ok(call.invoke_async(&mut connection).await?)
    }

    /// Removes a list with all that is on it.
    pub async fn remove(&self, list: &List) -> Result<(), Error> {
        let mut connection = self.pool.get().await?;
        let mut call = scripts::REMOVE.key(keys::turns(list));
        call.key(keys::LISTS).arg(keys::LANE_PREFIX).arg(list.to_string());
        Ok(call.invoke_async(&mut connection).await?)
    }

    /// How much waits on each list that anything was put on, empty ones included.
    pub async fn depths(&self) -> Result<BTreeMap<List, Depth>, Error> {
        self.depths_named(&[]).await
    }

    /// How much waits on these lists.
    pub async fn depths_of(&self, lists: &[List]) -> Result<BTreeMap<List, Depth>, Error> {
        if lists.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.depths_named(lists).await
    }

    /// The lanes of each list that anything was put on, empty ones included.
    pub async fn lanes(&self) -> Result<BTreeMap<List, Vec<LaneDepth>>, Error> {
        let mut connection = self.pool.get().await?;
        let mut call = scripts::LANES_OF.key(keys::LISTS);
        call.arg(keys::LANE_PREFIX).arg(keys::TURNS_PREFIX);
        let found: Vec<(String, Vec<LaneReply>)> = call.invoke_async(&mut connection).await?;
        let lane = |(lane, elements, head): LaneReply| {
            Some(LaneDepth { lane: lane.parse().ok()?, elements, head: Element::of_entry(head) })
        };
        let list = |(list, lanes): (String, Vec<LaneReply>)| {
            Some((list.parse().ok()?, lanes.into_iter().filter_map(lane).collect()))
        };
        Ok(found.into_iter().filter_map(list).collect())
    }

    /// Of all, if none is named.
    async fn depths_named(&self, lists: &[List]) -> Result<BTreeMap<List, Depth>, Error> {
        let mut connection = self.pool.get().await?;
        let mut call = scripts::DEPTHS.key(keys::LISTS);
        call.arg(keys::LANE_PREFIX).arg(keys::TURNS_PREFIX);
        for list in lists {
            call.arg(list.to_string());
        }
        let depths: Vec<(String, u64, u64)> = call.invoke_async(&mut connection).await?;
        let depth = |(list, elements, lanes): (String, u64, u64)| {
            Some((list.parse().ok()?, Depth { elements, lanes }))
        };
        Ok(depths.into_iter().filter_map(depth).collect())
    }
}
