/** Every bound of the etcd gateway, with its unit. docs/adr/0002 says where the figures come from. */
export const STORE_LIMITS = {
  /** One attempt of one call; twice as long once no endpoint has answered. etcd answers in milliseconds, a frozen member never. */
  callTimeoutMs: 1_500,
  /**
   * All attempts of one call together, as a multiple of one attempt's timeout: so many, besides one at each endpoint. One of
   * twice the length and one more of the first are among them.
   */
  callBudgetMore: 3,
  /** How far waiting may grow with answers that take long, see `Patience`: an answer may take twice as long as the slowest lately. */
  patience: { headroom: 2, max: 2, maxAlone: 4, halvesInMs: 10_000 },
  /** Attempts of one call, however fast each fails; at least two for every endpoint. */
  callAttemptsMin: 4,
  /** How often at most an endpoint is left because it answers late. */
  lookElsewhereEveryMs: 10_000,
  /** Pause between attempts, once every endpoint has had its turn. */
  callBackoff: { firstMs: 50, maxMs: 500 },

  /** Operations of one transaction; etcd refuses more than 128. */
  txnOps: 100,
  /** Bytes of one transaction; etcd refuses requests over 1.5 MiB. */
  txnBytes: 1024 * 1024,
  /** What a key costs in a transaction besides its own bytes and its value's. */
  txnOpOverheadBytes: 64,
  /** Guards of one commit; etcd refuses more than 128 comparisons. */
  txnGuards: 100,
  /** Times that one chunk is sent while nobody can say whether the one before was applied. */
  txnSends: 3,
  /** Keys of one page of a listing. */
  pageKeys: 1_000,
  /** Keys among which etcd is asked for those that have changed: it reads all of them, in one call. */
  changesAmongKeys: 200_000,
  /** Age of what is built upon: an etcd that was restored from a backup meanwhile may have come as far, in as many terms. */
  changesWithinMs: 60_000,
  /** Listings begun anew because etcd compacted the revision in between. */
  listRestarts: 3,

  /** A watch that etcd has not confirmed by then is given up. */
  watchCreatedMs: 2_000,
  /** How often a mirror asks its watch stream for a sign of life. */
  probeEveryMs: 2_000,
  /**
   * Age of the last proof at which a mirror stops being fresh. The proof is the *send* time of a probe that was answered,
   * so a copy that calls itself fresh was current at most this long ago. One exception: a member cut off from the
   * majority answers probes for up to four election timeouts (4 s by default), until `hasleader` ends the stream.
   */
  staleAfterMs: 5_000,
  /** Silence after which the stream and its connection are dropped and the next endpoint is tried. */
  silentAfterMs: 3_500,
  /** Before a stream is given up: time to read what has come. */
  secondLookMs: 100,
  /** Pause before a mirror starts over. */
  mirrorBackoff: { firstMs: 30, maxMs: 2_000 },
  /** A stream that lived this long resets the backoff. */
  steadyAfterMs: 5_000,
  /** Slow re-list of a healthy mirror, spread by a quarter: etcd 3.4 has lost events on rare occasions. */
  relistEveryMs: 8 * 60_000,

  /** Keys whose leases are looked at, one request each: a person reads no more, and a daemon can as well wait. */
  inspectedLeases: 1_000,

  /** Seconds; below it etcd raises the TTL by itself. */
  sessionTtlMinS: 2,
  /** Keepalives in one TTL. The more, the closer together the leases end of hosts that vanish at one moment. */
  keepAlivesPerTtl: 10,
  /** One keepalive, as a share of the TTL: a busy member gets longer to answer than the pause between two. */
  keepAliveTimeoutShare: 1 / 6,
  /** How far patience goes with a keepalive: one that stays without an answer leaves time for one more. */
  keepAlivePatienceMax: 2,
  /** Keepalives for a lease whose grant was not answered, each with more time than the one before. */
  leaseAdoptionAttempts: 3,
  /** What is taken off the TTL before a session calls itself valid, as a share of it, and at least. */
  sessionMarginShare: 0.1,
  sessionMarginMinMs: 250,
  /** Pause before the next attempt to renew or to grant. */
  sessionBackoff: { firstMs: 100, maxMs: 1_000 },

  /** Spread of the contenders after a leader's key has gone. */
  contendJitterMs: 300,
  /** How often a contender looks without having been nudged. */
  leaderCheckMs: 1_000,

  /** HTTP/2 pings; below 5 s etcd answers with GOAWAY. */
  tcpPingEveryMs: 5_500,
  tcpPingTimeoutMs: 5_000,
  tcpReconnect: { firstMs: 100, maxMs: 2_000 },
} as const;
