/** How the connections of a machine to etcd are led through a process that holds what they carry. */
import { ETCD_PORT, type Machine } from './addresses.js';

/** The group that the process runs as: its own connections go straight on. Nobody else has it. */
export const DELAY_GID = 23_790;
/** On its connections, for as long as they live: what a socket sends once it is closed belongs to no group any more. */
const MARK = '0x5cee';
/** On every rule, so that they can be told from others. */
export const DELAY_TAG = 'nap-lab-delay';
const FIRST_PORT = 23_790;

/** From one member's port to where the process listens for it. */
export interface Wire {
  readonly member: Machine;
  readonly port: number;
}

export function wiresTo(members: readonly Machine[]): readonly Wire[] {
  return members.map((member, at) => ({ member, port: FIRST_PORT + at }));
}

/** What scripts/delay.mjs is told of it: `127.0.0.1:23790=10.99.0.10:2379`. */
export function wireArgument({ member, port }: Wire): string {
  return `127.0.0.1:${port}=${member.ip}:${ETCD_PORT}`;
}

/**
 * For `iptables-restore --noflush`, which does one table after the other: connections are led away first, and then those are
 * reset that were there before. Resets themselves pass, or etcd would keep the other end.
 */
export function delayRules(wires: readonly Wire[]): string {
  const tag = `-m comment --comment ${DELAY_TAG}`;
  const to = ({ member }: Wire): string =>
    `-A OUTPUT -d ${member.ip}/32 -p tcp -m tcp --dport ${ETCD_PORT}`;
  const nat = wires.flatMap((wire) => [
    `${to(wire)} -m owner --gid-owner ${DELAY_GID} ${tag} -j CONNMARK --set-mark ${MARK}`,
    `${to(wire)} -m owner ! --gid-owner ${DELAY_GID} ${tag} -j REDIRECT --to-ports ${wire.port}`,
  ]);
  const filter = wires.map(
    (wire) =>
      `${to(wire)} --tcp-flags RST NONE -m connmark ! --mark ${MARK} ${tag} -j REJECT --reject-with tcp-reset`,
  );
  return ['*nat', ...nat, 'COMMIT', '*filter', ...filter, 'COMMIT', ''].join('\n');
}
