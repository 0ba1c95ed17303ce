import { diagnose } from '../doctor/diagnose.js';
import { etcdOf, factsOf, withHost } from '../doctor/testing/facts.js';
import { renderFindings } from './doctor-view.js';

it('says of each finding what was seen, what it means and what to do, the worst first', () => {
  const facts = withHost({
    clock: { isSynchronised: false },
    kernel: { isForwarding: false, hasBridgeFilter: true },
  });
  const found = diagnose(facts);
  expect(renderFindings(facts, found, 'table'))
    .toBe(`MEMBER   ENDPOINT                VERSION   ROLE     DATABASE   QUOTA     LATENCY
m0       http://10.98.0.1:2379   3.4.23    leader   20.0 MiB   2.0 GiB   2 ms

error  ip-forward-off  host-a
  seen        net.ipv4.ip_forward is 0
  means       The kernel forwards no packets: containers reach nobody outside their host.
  do          sysctl -w net.ipv4.ip_forward=1, and in /etc/sysctl.d for good.

warning  host-clock-unsynchronised  host-a
  seen        its time service has not synchronised
  means       Nothing keeps the clock of the host right; it will drift.
  do          timedatectl set-ntp true, or start chrony; see that it reaches its servers.

1 error, 1 warning, 0 notes; looked at etcd (1 member) and 2 hosts, facts of 2`);
});

it('gives scripts a list, also an empty one', () => {
  const facts = factsOf();
  expect(JSON.parse(renderFindings(facts, diagnose(facts), 'json')!)).toEqual([]);
  const slow = factsOf({ etcd: etcdOf({ latencyMs: 900 }) });
  expect(
    renderFindings(slow, diagnose(slow), { template: '{{.Id}} {{.Subject}}', isTable: false }),
  ).toBe('etcd-slow m0');
});
