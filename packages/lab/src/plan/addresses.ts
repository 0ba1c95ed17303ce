/**
 * Who has which name, address and container subnet. Everything is derived from the number of hosts and etcd members,
 * so that nothing about it has to be stored, and a half-built lab can be taken down by name.
 */
import { LabError } from '../errors.js';

/** The LAN that all machines of the lab share: its first three octets. */
const LAN = '10.99.0';

/** flannel's network: the containers of all hosts. */
export const OVERLAY_CIDR = '10.4.0.0/16';
/** The switch's own address; a nameserver answers on it. */
export const SWITCH_IP = `${LAN}.1`;
export const OPERATOR_IP = `${LAN}.2`;
export const REGISTRY_IP = `${LAN}.5`;
export const REGISTRY_PORT = 5000;
export const ETCD_PORT = 2379;
export const REGISTRY_NAME = `registry.lab:${REGISTRY_PORT}`;
/** One letter a host, and the last octets above 20. */
export const HOSTS_MAX = 26;

const ETCD_FIRST_OCTET = 10;
const HOST_FIRST_OCTET = 21;

/** Anything that is plugged into the switch. */
export interface Machine {
  readonly name: string;
  readonly ip: string;
  /** Fixed, as a real NIC's is: the neighbours' ARP entries outlive a reboot. */
  readonly mac: string;
}

export interface HostPlan extends Machine {
  /** 1 for host-a. */
  readonly number: number;
  /** The container subnet that flannel leases to it, e.g. `10.4.1.0/24`. */
  readonly subnet: string;
  /** The address that docker0 (or the `nap` bridge) has in it, e.g. `10.4.1.1`. */
  readonly gateway: string;
  /** The address and MAC of flannel.1, when the overlay is VXLAN. */
  readonly vtep: { readonly ip: string; readonly mac: string };
}

export interface LabPlan {
  readonly hosts: readonly HostPlan[];
  readonly etcd: readonly Machine[];
  readonly operator: Machine;
  readonly registry: Machine;
}

/** The plan of a lab with this many hosts and etcd members. */
export function planLab(size: { readonly hosts: number; readonly etcd: number }): LabPlan {
  return {
    hosts: Array.from({ length: size.hosts }, (_, index) => planHost(index + 1)),
    etcd: Array.from({ length: size.etcd }, (_, index) =>
      machine(`etcd-${index + 1}`, `${LAN}.${ETCD_FIRST_OCTET + index}`),
    ),
    operator: machine('operator', OPERATOR_IP),
    registry: machine('registry', REGISTRY_IP),
  };
}

/** Every machine on the LAN, in the order in which it is worth listing them. */
export function machinesOf(plan: LabPlan): readonly Machine[] {
  return [plan.operator, plan.registry, ...plan.etcd, ...plan.hosts];
}

export function etcdEndpoint(member: Machine): string {
  return `http://${member.ip}:${ETCD_PORT}`;
}

/** `host-b` in the plan; a LabError that lists the names when there is none such. */
export function findHost(plan: LabPlan, name: string): HostPlan {
  return find(plan.hosts, name, 'host');
}

export function findMember(plan: LabPlan, name: string): Machine {
  return find(plan.etcd, name, 'etcd member');
}

/** Whoever asks etcd. */
export function findClient(plan: LabPlan, name: string): Machine {
  return find([plan.operator, ...plan.hosts], name, 'client of etcd');
}

export function findMachine(plan: LabPlan, name: string): Machine {
  return find(machinesOf(plan), name, 'machine');
}

function find<T extends Machine>(among: readonly T[], name: string, kind: string): T {
  const found = among.find((each) => each.name === name);
  if (found === undefined) {
    throw new LabError(`no ${kind} is called ${name}`, {
      hint: `there is ${among.map((each) => each.name).join(', ')}`,
    });
  }
  return found;
}

function planHost(number: number): HostPlan {
  const name = `host-${String.fromCharCode('a'.charCodeAt(0) + number - 1)}`;
  return {
    ...machine(name, `${LAN}.${HOST_FIRST_OCTET + number - 1}`),
    number,
    subnet: `10.4.${number}.0/24`,
    gateway: `10.4.${number}.1`,
    vtep: { ip: `10.4.${number}.0`, mac: macFor(`10.4.${number}.0`) },
  };
}

function machine(name: string, ip: string): Machine {
  return { name, ip, mac: macFor(ip) };
}

/** A locally administered unicast MAC that says which address it belongs to. */
function macFor(ip: string): string {
  const octets = ip.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return ['02', '99', ...octets].join(':');
}
