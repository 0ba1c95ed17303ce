/** Every maximum in one place, with its unit. A limit that is reached is an error with a sentence, never a silent cut. */
export const LIMITS = {
  /** Bytes of one Compose, env or label file. */
  inputFileBytes: 4 * 1024 * 1024,
  /** Bytes of the file with the contexts of an operator. */
  contextsFileBytes: 256 * 1024,
  /** Instances of one service. */
  replicasPerService: 10_000,
  /** Services of one project. */
  servicesPerProject: 1_000,
  /** Bytes of a plan file: some hundred for each change. */
  planFileBytes: 64 * 1024 * 1024,
  /** Bytes of one stored value: with its key it has to fit into one transaction (`STORE_LIMITS.txnBytes`). */
  storedValueBytes: 1000 * 1024,
  /** Bytes of one config or secret. */
  fileBytes: 500 * 1024,
  /** Characters of one security profile: it travels in the spec of its container. */
  securityProfileChars: 128 * 1024,
  /** Earlier revisions of a project that are kept. */
  historyRevisions: 20,
  /** Last decisions that are kept with each instance. */
  decisionsPerInstance: 10,
  /** Kinds of countable resources of a host, such as GPUs. */
  resourceKinds: 32,
  /** How many of one kind a host can have. */
  resourceCount: 10_000,
  /** Characters of a hosts file line: musl reads 512 bytes a line. */
  hostsLineChars: 400,
  /** Names that a new container is given at its creation, before the agent writes its hosts file. */
  seededNames: 500,
  /** Tries to find a newer image on request; then what runs goes on with the one that it has. */
  newerImageTries: 3,
  /** Milliseconds that a post-start hook may take. */
  postStartHookMs: 10 * 60_000,
  /** Connections to the API of one agent at a time. */
  apiConnections: 1_000,
  /** Bytes of one message of an exec, and of a request's body that is no archive. */
  apiMessageBytes: 1024 * 1024,
  /** Bytes of an exec's standard input that are on their way at a time. */
  execInputBytes: 256 * 1024,
  /** Bytes of the configs and secrets that a run brings along. */
  runFilesBytes: 16 * 1024 * 1024,
  /** Bytes of one line of a log; longer ones are shown in pieces. */
  logLineBytes: 1024 * 1024,
  /** Instances whose logs one command merges. */
  logStreams: 500,
  /** Characters of a reason or message that a report carries. */
  reportMessageChars: 1_000,
  /** Interfaces of a host that its facts name. */
  factInterfaces: 32,
  /** Routes to other hosts that the facts of a host name; the rest is only counted. */
  factRoutes: 64,
} as const;
