import { z } from 'zod';

/**
 * `facts/<host>`: what of a host can only be seen on it, for `doctor` to judge. Written when it changes; whatever could not
 * be found out is absent. Nothing of it decides where anything runs.
 */

const interfaceSchema = z.strictObject({
  name: z.string(),
  /** With their prefix lengths, such as `10.4.1.1/24`. */
  addresses: z.array(z.string()),
  mtu: z.int().positive().exactOptional(),
  isUp: z.boolean().exactOptional(),
});

const flannelFileSchema = z.strictObject({
  /** As flannel writes them: FLANNEL_NETWORK, FLANNEL_SUBNET, FLANNEL_MTU, FLANNEL_IPMASQ. */
  network: z.string().exactOptional(),
  subnet: z.string(),
  mtu: z.int().positive().exactOptional(),
  isMasquerading: z.boolean(),
});

export const hostFactsSchema = z.strictObject({
  interfaces: z.array(interfaceSchema),
  /** Networks inside flannel's that have a route to another host: at most `LIMITS.factRoutes` of them. */
  routes: z.array(z.string()).exactOptional(),
  /** How many there are. */
  routeCount: z.int().nonnegative().exactOptional(),
  /** The device of the default route. */
  uplink: z.string().exactOptional(),
  flannel: z
    .strictObject({
      /** Which file was looked for. */
      path: z.string(),
      /** `missing`, or `unusable`: without a subnet. */
      file: z.union([flannelFileSchema, z.enum(['missing', 'unusable'])]),
      isRunning: z.boolean().exactOptional(),
    })
    .exactOptional(),
  /** The network that instances are on, as the engine has it. */
  network: z
    .strictObject({
      name: z.string(),
      driver: z.string(),
      subnet: z.string().exactOptional(),
      options: z.record(z.string(), z.string()),
    })
    .exactOptional(),
  kernel: z
    .strictObject({
      isForwarding: z.boolean().exactOptional(),
      /** The module br_netfilter is there. */
      hasBridgeFilter: z.boolean().exactOptional(),
    })
    .exactOptional(),
  /** What iptables says. */
  firewall: z
    .strictObject({
      forwardPolicy: z.string().exactOptional(),
      /** Networks that are let through by rules of FORWARD or of flannel's own chain, as source or destination. */
      forwardAccepts: z.array(z.string()).exactOptional(),
      /** Rules of Docker 28 and later that drop what is routed to a container of the instances' network. */
      directRoutingDrops: z.int().nonnegative().exactOptional(),
    })
    .exactOptional(),
  clock: z.strictObject({ isSynchronised: z.boolean() }).exactOptional(),
  disks: z.array(
    z.strictObject({
      /** What nap or the engine keeps there. */
      path: z.string(),
      totalBytes: z.number().nonnegative(),
      /** Whole percent, and so are the inodes: more precise would be another value each time. */
      usedPercent: z.number().min(0).max(100),
      usedInodesPercent: z.number().min(0).max(100).exactOptional(),
    }),
  ),
});

export type HostFacts = z.infer<typeof hostFactsSchema>;
export type InterfaceFacts = HostFacts['interfaces'][number];
