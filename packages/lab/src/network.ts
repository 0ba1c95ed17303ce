/**
 * The lab's switch: a bridge in a network namespace of its own, and one network namespace for each machine. Nothing is
 * added to the network of the machine that the lab runs on.
 */
import { readdir } from 'node:fs/promises';
import { hasCode } from './errors.js';
import { must, run } from './machine/run.js';
import { SWITCH_IP, type Machine } from './plan/addresses.js';

const PREFIX = 'nap-lab-';
const SWITCH = 'switch';
const BRIDGE = 'lan';

export function netnsOf(name: string): string {
  return `${PREFIX}${name}`;
}

/** The words that make a command run in a machine's network, with the file system of this one. */
export function inNetns(name: string): readonly string[] {
  return ['nsenter', `--net=/run/netns/${netnsOf(name)}`];
}

/** Makes the switch, unless it is there and complete. */
export async function makeSwitch(): Promise<void> {
  if (await isSwitchUp()) return;
  await unplug(SWITCH);
  const ip = ['ip', '-n', netnsOf(SWITCH)];
  await must(['ip', 'netns', 'add', netnsOf(SWITCH)]);
  await must([...ip, 'link', 'add', BRIDGE, 'type', 'bridge']);
  await must([...ip, 'addr', 'add', `${SWITCH_IP}/24`, 'dev', BRIDGE]);
  await must([...ip, 'link', 'set', 'lo', 'up']);
  await must([...ip, 'link', 'set', BRIDGE, 'up']);
}

/** Gives a machine its network: eth0, plugged into the switch. Does nothing when it has one. */
export async function plugIn({ name, ip, mac }: Machine): Promise<void> {
  if (await hasPort(name)) return;
  await unplug(name);
  const netns = netnsOf(name);
  const own = ['ip', '-n', netns];
  const atSwitch = ['ip', '-n', netnsOf(SWITCH)];
  const peer = ['peer', 'name', 'eth0', 'netns', netns, 'address', mac];
  await must(['ip', 'netns', 'add', netns]);
  await must([...atSwitch, 'link', 'add', name, 'type', 'veth', ...peer]);
  await must([...own, 'addr', 'add', `${ip}/24`, 'dev', 'eth0']);
  await must([...own, 'link', 'set', 'lo', 'up']);
  await must([...own, 'link', 'set', 'eth0', 'up']);
  await must([...atSwitch, 'link', 'set', name, 'master', BRIDGE, 'up']);
}

/** Takes a machine's network away. Its address is dark when this returns. */
export async function unplug(name: string): Promise<void> {
  if (await hasNetns(SWITCH)) await run(['ip', '-n', netnsOf(SWITCH), 'link', 'del', name]);
  if (await hasNetns(name)) await must(['ip', 'netns', 'del', netnsOf(name)]);
}

/** Pulls or plugs the cable: the machine sees its carrier go and come. */
export async function setCable(name: string, isPlugged: boolean): Promise<void> {
  const state = isPlugged ? 'up' : 'down';
  await must(['ip', '-n', netnsOf(SWITCH), 'link', 'set', name, state]);
}

export async function isCablePlugged(name: string): Promise<boolean> {
  const show = await run(['ip', '-n', netnsOf(SWITCH), '-o', 'link', 'show', name]);
  return show.code === 0 && /<[^>]*\bUP\b/.test(show.stdout);
}

/** Frames from one machine to another (or to all, with no `to`) vanish in the switch; neither end notices. */
export interface Blackhole {
  readonly from: string;
  readonly to?: string;
}

export async function dropFrames({ from, to }: Blackhole): Promise<void> {
  await ebtables('-A', 'FORWARD', '-i', from, ...(to === undefined ? [] : ['-o', to]));
  if (to === undefined) await ebtables('-A', 'INPUT', '-i', from);
}

/** Removes every blackhole that this machine is an end of. */
export async function dropNoFrames(name: string): Promise<void> {
  for (const chain of ['FORWARD', 'INPUT']) {
    for (const [from, to] of await blackholes(chain)) {
      if (from !== name && to !== name) continue;
      await ebtables('-D', chain, '-i', from, ...(to === undefined ? [] : ['-o', to]));
    }
  }
}

/** Of what arrives at a machine, so many in a hundred packets vanish; also of what it forwards to its containers. */
export async function losePackets(name: string, percent: number): Promise<void> {
  const chance = ['-m', 'statistic', '--mode', 'random', '--probability', String(percent / 100)];
  await must([...inTable(name, 'raw'), '-A', 'PREROUTING', '-i', 'eth0', ...chance, '-j', 'DROP']);
}

/** Undoes losePackets. */
export async function loseNoPackets(name: string): Promise<void> {
  await removeRules(name, { table: 'raw', chain: 'PREROUTING', with: '--mode random' });
}

export interface RulesToRemove {
  readonly table: string;
  readonly chain: string;
  /** Words that all of them have, and no others. */
  readonly with: string;
}

/** A machine that is off has none to remove: its rules went with its network. */
export async function removeRules(name: string, which: RulesToRemove): Promise<void> {
  if (!(await hasNetns(name))) return;
  const iptables = inTable(name, which.table);
  const rules = await must([...iptables, '-S', which.chain]);
  for (const rule of rules.split('\n')) {
    if (!rule.includes(which.with)) continue;
    await must([...iptables, ...rule.replace(/^-A/, '-D').split(' ')]);
  }
}

/** Adds what is written as `iptables-save` writes it, each table at once. */
export async function addRules(name: string, rules: string): Promise<void> {
  await must([...inNetns(name), 'iptables-restore', '-w', '--noflush'], { input: rules });
}

/** Names of the machines of which something is plugged in or left over. */
export async function netnsNames(): Promise<readonly string[]> {
  try {
    const all = await readdir('/run/netns');
    return all.filter((each) => each.startsWith(PREFIX)).map((each) => each.slice(PREFIX.length));
  } catch (err) {
    if (hasCode(err, 'ENOENT')) return [];
    throw err;
  }
}

async function blackholes(chain: string): Promise<readonly [from: string, to?: string][]> {
  const list = await must([...inNetns(SWITCH), 'ebtables', '-L', chain]);
  return [...list.matchAll(/^-i (\S+)(?: -o (\S+))? -j DROP/gm)].map(([, from = '', to]) =>
    to === undefined ? [from] : [from, to],
  );
}

function inTable(name: string, table: string): readonly string[] {
  return [...inNetns(name), 'iptables', '-w', '-t', table];
}

async function ebtables(...args: readonly string[]): Promise<void> {
  await must([...inNetns(SWITCH), 'ebtables', '--concurrent', ...args, '-j', 'DROP']);
}

async function hasNetns(name: string): Promise<boolean> {
  return (await netnsNames()).includes(name);
}

/** Its last step is the last that is checked: a crash may have come between any two. */
async function isSwitchUp(): Promise<boolean> {
  if (!(await hasNetns(SWITCH))) return false;
  const show = await run(['ip', '-n', netnsOf(SWITCH), '-o', 'addr', 'show', BRIDGE, 'up']);
  return show.stdout.includes(SWITCH_IP);
}

/** Whether a machine has its network, complete as plugIn leaves it. */
async function hasPort(name: string): Promise<boolean> {
  if (!(await hasNetns(name))) return false;
  const show = await run(['ip', '-n', netnsOf(SWITCH), '-o', 'link', 'show', name]);
  return show.stdout.includes(`master ${BRIDGE}`);
}
