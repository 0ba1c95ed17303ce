import { findInspected } from '../commands/find-inspected.js';
import { planProject } from '../plan/plan-project.js';
import { containerOf, FakeCluster, project, service } from '../testing/builders.js';
import { renderInspected } from './inspect-view.js';

function cluster(): FakeCluster {
  const made = new FakeCluster('host-a');
  const container = containerOf({
    environment: { PASSWORD: 'hunter2' },
    ports: [
      { target: 80, published: { from: 8080, to: 8080 }, protocol: 'tcp' },
      { target: 81, published: { from: 8081, to: 8081 }, protocol: 'tcp', hostIp: '::1' },
    ],
  });
  const wanted = project(service('web', { container }));
  made.commit(planProject(made.view, wanted, { appliedBy: 'a', files: [], nowMs: 1 }));
  const [web] = made.view.placements;
  made.report(
    web!,
    { state: 'running', health: 'none', startedAtMs: 0 },
    { ip: '10.4.1.2', restarts: 3 },
  );
  return made;
}

describe('inspect', () => {
  it('shows how an instance is, why it is where it is, and what was decided', () => {
    const { view } = cluster();
    const text = renderInspected('table', [findInspected(view, 'shop.web.1', {})]);
    expect(text.replaceAll(/v1:\S+/g, 'HASH')).toBe(
      `shop.web.1
  state       running
  address     10.4.1.2
  named       no
  restarts    3
  host        host-a
  why there   spread: 1 of 1 hosts fit, host-a had the fewest (0 of web, 0 of shop)
  since       1970-01-01T00:00:00.001Z
  container   shop-web-1
  image       busybox
  spec hash   HASH
  last decisions
    WHEN                       DECIDED   HOST     WHY
    1970-01-01T00:00:00.001Z   placed    host-a   spread: 1 of 1 hosts fit, host-a had the fewest (0 of web, 0 of shop)`,
    );
  });

  it('gives scripts the documents', () => {
    const found = [findInspected(cluster().view, 'shop.web.1', {})];
    expect(JSON.parse(renderInspected('json', found))).toMatchObject([
      {
        instance: 'shop.web.1',
        state: 'running',
        placements: [{ host: 'host-a' }],
        report: { restarts: 3 },
      },
    ]);
  });

  it('shows a project: what is stored, its services, volumes and instances', () => {
    expect(renderInspected('table', [findInspected(cluster().view, 'shop', {})])).toBe(
      `shop
  state       converged
  revision    1 of 1
  applied by  a at 1970-01-01T00:00:00.001Z
  SERVICE   IMAGE     INSTANCES   DEPENDS ON
  web       busybox   1           -
  INSTANCE     HOST     STATE     IP         MESSAGE
  shop.web.1   host-a   running   10.4.1.2`,
    );
  });

  it('shows a service with its names, by its own name or with that of its project', () => {
    const { view } = cluster();
    const text = renderInspected('table', [findInspected(view, 'web', {})]);
    expect(text).toBe(
      `shop.web
  state       1 of 1 as wanted
  revision    1
  instances   1
  image       busybox
  ports       8080->80/tcp, [::1]:8081->81/tcp
  INSTANCE     HOST     STATE     IP         MESSAGE
  shop.web.1   host-a   running   10.4.1.2`,
    );
    expect(renderInspected('table', [findInspected(view, 'shop.web', {})])).toBe(text);
  });

  it('shows a host', () => {
    expect(renderInspected('table', [findInspected(cluster().view, 'host-a', {})])).toMatch(
      /^host-a\n {2}state +active\n[^]*memory +3\.7 GiB, 0 B reserved\n[^]*shop\.web\.1 +busybox +running +spread/,
    );
  });

  it.each(['shop', 'web', 'shop.web.1', 'host-a'])(
    '%s: a document for scripts, without the values of variables',
    (name) => {
      const found = [findInspected(cluster().view, name, {})];
      for (const format of ['json', 'yaml', 'table'] as const) {
        expect(renderInspected(format, found)).not.toContain('hunter2');
      }
      expect(JSON.parse(renderInspected('json', found))).toHaveLength(1);
      expect(renderInspected('yaml', found)).toMatch(/^- kind: /);
    },
  );

  it('finds by kind where two things are called alike, and says where to look for what is not there', () => {
    const made = cluster();
    made.addHost('web');
    const { view } = made;
    expect(findInspected(view, 'shop-web-1', {})).toMatchObject({ instance: 'shop.web.1' });
    expect(() => findInspected(view, 'web', {})).toThrow(
      'web may be the service shop.web or the host web',
    );
    expect(findInspected(view, 'web', { kind: 'host' })).toMatchObject({ host: 'web' });
    expect(() => findInspected(view, 'shop.web.2', {})).toThrow(
      'no project, service, instance, host shop.web.2',
    );
    expect(() => findInspected(view, 'web', { kind: 'service', project: 'blog' })).toThrow(
      'no project blog in this cluster',
    );
  });
});
