/**
 * What `logs` does with what agents send: read, merge, name, write. Says how long it took, as JSON on standard error.
 * node log-sink.mjs CERT KEY ENDPOINTS > /dev/null
 * With WINDOW_MS it waits so long for a source that is silent; SERVICE is whose instances are read, `web` by default.
 */
import { readFileSync } from 'node:fs';
import { systemClock } from '@nap/shared/runtime';
import { Agents } from '../../../packages/controller/dist/agents/agents.js';
import { LogPrinter } from '../../../packages/controller/dist/logs/log-printer.js';
import { readLog } from '../../../packages/controller/dist/logs/log-source.js';
import { FOLLOWING, mergeLogs } from '../../../packages/controller/dist/logs/merge-logs.js';

const [cert, key, json] = process.argv.slice(2);
const endpoints = JSON.parse(json);
const agents = new Agents(new Map(endpoints.map(({ host, endpoint }) => [host, endpoint])), {
  cert: readFileSync(cert),
  key: readFileSync(key),
});
const { signal } = new globalThis.AbortController();
const service = process.env.SERVICE ?? 'web';
const targets = endpoints.map(({ host }, at) => ({
  ...{ host, instance: `shop.${service}.${at + 1}`, containerName: `shop-web-${at + 1}` },
  ...{ project: 'shop', service: 'web', index: at + 1, isRunning: true },
}));
const printer = new LogPrinter(process.stdout, {
  ...{
    names: targets.map(({ containerName }) => containerName),
    hasColours: false,
    hasTimes: false,
  },
});
const wish = { follow: true, tail: undefined, since: undefined, until: undefined };
const windowMs = Number(process.env.WINDOW_MS ?? 0);
const patience = windowMs === 0 ? FOLLOWING : { windowMs, recentMs: windowMs, openingMs: windowMs };
const startedAtMs = performance.now();
let endedAtMs = 0;
const cpu = process.cpuUsage();
/** Asked a second after the end of each. */
const ended = async () => {
  endedAtMs = performance.now() - 1000;
  return undefined;
};
await mergeLogs(
  targets.map((target) =>
    readLog(target, agents, {
      ...{ wish, clock: systemClock, signal, locate: ended },
      onTrouble: (_, err) => process.stderr.write(`${err.message}\n`),
    }),
  ),
  printer,
  { patience, signal, clock: systemClock },
);
const { user, system } = process.cpuUsage(cpu);
process.stderr.write(
  `${JSON.stringify({ ms: endedAtMs - startedAtMs, cpuMs: (user + system) / 1000, peakKib: process.resourceUsage().maxRSS })}\n`,
);
process.exit(0);
