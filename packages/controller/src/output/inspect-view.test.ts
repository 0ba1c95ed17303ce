import { instanceId } from '@nap/shared';
import { requireInstance } from '../commands/inspect.js';
import { planProject } from '../plan/plan-project.js';
import { FakeCluster, project, service } from '../testing/builders.js';
import { inspectInstance, renderInspected } from './inspect-view.js';

function cluster(): FakeCluster {
  const made = new FakeCluster('host-a');
  const wanted = project(service('web'));
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
    const text = renderInspected('table', [inspectInstance(view, instanceId('shop.web.1'))]);
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
    const found = [inspectInstance(cluster().view, instanceId('shop.web.1'))];
    expect(JSON.parse(renderInspected('json', found))).toMatchObject([
      {
        instance: 'shop.web.1',
        state: 'running',
        placements: [{ host: 'host-a' }],
        report: { restarts: 3 },
      },
    ]);
  });

  it('finds an instance by its id and by the name of its container, and says where to look for others', () => {
    const { view } = cluster();
    expect(requireInstance(view, 'shop-web-1')).toBe('shop.web.1');
    expect(requireInstance(view, 'shop.web.1')).toBe('shop.web.1');
    expect(() => requireInstance(view, 'shop.web.2')).toThrow('no instance shop.web.2');
  });
});
