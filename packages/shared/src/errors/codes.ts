/**
 * Every way in which the world can fail nap, with what it means for a script (`exit`) and for a loop (`retryable`).
 * docs/exit-codes.md is checked against these tables by a test.
 */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  rejected: 3,
  unplaceable: 4,
  unreachable: 5,
  conflict: 6,
  notConverged: 7,
  notFound: 8,
  changes: 9,
  findings: 10,
  interrupted: 130,
} as const;

export const EXIT_MEANING: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done; for apply: accepted and, unless detached, converged',
  bug: 'unexpected failure: a bug in nap',
  usage: 'wrong usage of the command line; or a file that is to be written cannot be',
  rejected: 'Compose input or configuration rejected; the problems are printed',
  unplaceable: 'an instance can be placed on no host; the reason is printed for each',
  unreachable: 'etcd, an agent or dockerd cannot be reached, or refuses the credentials',
  conflict:
    'another controller leads, the write lost a race too often, or a plan file is out of date; or what is there forbids it: a host that is alive or holds data, a context of that name, a container that is stopped or paused (exec, top, stats, port)',
  notConverged: 'did not converge in time; what is missing is printed',
  notFound: 'no such project, revision, service, instance, host or context',
  changes: 'plan --exit-code: there are changes',
  findings: 'doctor: it found errors; those are printed',
  interrupted: 'interrupted by a signal; the next apply finishes the work',
};

interface CodeFacts {
  readonly exit: number;
  /** The same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
}

const unreachable = { exit: EXIT.unreachable, retryable: true } as const;
const refused = { exit: EXIT.unreachable, retryable: false } as const;

export const CODES = {
  /** No endpoint answered in time, or the member has no leader. */
  ETCD_UNAVAILABLE: unreachable,
  /** Wrong user, password or certificate; or the role lacks a right. */
  ETCD_DENIED: refused,
  /** A write was sent and no answer came: it may or may not have happened. Re-read before acting. */
  ETCD_AMBIGUOUS: { exit: EXIT.unreachable, retryable: false },
  /** etcd's space quota is used up (alarm NOSPACE). */
  ETCD_NO_SPACE: refused,
  /** The revision asked for has been compacted: list again. */
  ETCD_COMPACTED: { exit: EXIT.unreachable, retryable: true },
  /** etcd refuses the request as malformed or too large: a bug in nap, or a value beyond its limits. */
  ETCD_INVALID: { exit: EXIT.bug, retryable: false },
  /** A stored value cannot be read: written by a newer nap, or by something else. */
  BAD_VALUE: { exit: EXIT.rejected, retryable: false },
  /** This process no longer leads; its write was refused. */
  NOT_LEADER: { exit: EXIT.conflict, retryable: true },
  /** The compared keys changed in between: read again and plan again. */
  CONFLICT: { exit: EXIT.conflict, retryable: true },
  /** A plan file no longer says what would be done: make a new one. */
  PLAN_OUTDATED: { exit: EXIT.conflict, retryable: false },
  /** The API of a host's agent does not answer, or breaks off. */
  AGENT_UNAVAILABLE: unreachable,
  /** It answers, but not to this caller; or it is not the agent that etcd names. */
  AGENT_DENIED: refused,
  DOCKER_UNAVAILABLE: unreachable,
  DOCKER_NOT_FOUND: { exit: EXIT.notFound, retryable: false },
  DOCKER_CONFLICT: { exit: EXIT.conflict, retryable: true },
  /** dockerd understood and refuses: bad option, port taken, unknown driver. */
  DOCKER_REFUSED: { exit: EXIT.bug, retryable: true },
  IMAGE_NOT_FOUND: { exit: EXIT.notFound, retryable: true },
  IMAGE_DENIED: { exit: EXIT.unreachable, retryable: true },
  REGISTRY_UNREACHABLE: unreachable,
  /** What a config or secret holds is neither on the host nor to be had from etcd. */
  FILE_MISSING: { exit: EXIT.unreachable, retryable: true },
  /** A post-start hook of a container did not end with exit code 0. */
  HOOK_FAILED: { exit: EXIT.notConverged, retryable: true },
  BAD_CONFIG: { exit: EXIT.rejected, retryable: false },
  BAD_INPUT: { exit: EXIT.rejected, retryable: false },
  USAGE: { exit: EXIT.usage, retryable: false },
  NOT_FOUND: { exit: EXIT.notFound, retryable: false },
  UNPLACEABLE: { exit: EXIT.unplaceable, retryable: true },
  NOT_CONVERGED: { exit: EXIT.notConverged, retryable: true },
  TIMEOUT: { exit: EXIT.unreachable, retryable: true },
  INTERRUPTED: { exit: EXIT.interrupted, retryable: false },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof CODES;
