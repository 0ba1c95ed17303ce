import { inspect } from 'node:util';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '@nap/shared/runtime';
import { sum, type Counts } from './counted-store.js';
import { HollowHost } from './hollow-host.js';
import type { Order, Usage } from './workers.js';

/** A process with hollow hosts in it, at the orders of the bench that forked it. */

const hosts: HollowHost[] = [];
const delays = monitorEventLoopDelay({ resolution: 10 });
delays.enable();

const send = (message: unknown): void => {
  process.send?.(message);
};

async function start({
  endpoints,
  from,
  count,
  ...more
}: Order & { kind: 'start' }): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    const onFatal = (err: unknown): void => {
      process.stderr.write(`the agent of host ${index} ends: ${inspect(err)}\n`);
      process.exit(1);
    };
    const host = new HollowHost({ endpoints, index, ...more, onFatal });
    hosts.push(host);
    await host.start();
    // Hosts do not boot in one millisecond.
    await systemClock.sleep(5);
  }
}

function usage(isTidy: boolean): Usage {
  if (isTidy) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const counts: Counts = sum(hosts.map((host) => host.counts));
  const lateMs = delays.percentile(99) / 1e6;
  delays.reset();
  return { cpuMs: (user + system) / 1000, rssBytes: rss, heapBytes: heapUsed, lateMs, counts };
}

process.on('message', (order: Order) => {
  if (order.kind === 'usage') send(usage(order.isTidy));
  else {
    start(order).then(
      () => {
        send(usage(false));
      },
      (err: unknown) => {
        process.stderr.write(`${inspect(err)}\n`);
        process.exit(1);
      },
    );
  }
});
process.on('disconnect', () => process.exit(0));
