import { keys, type ProjectName } from '@nap/shared';
import type { Mirror, Store } from '@nap/shared/store';
import type { ClusterView } from '../plan/cluster-view.js';
import { isRolling } from '../rollout/pacer.js';

/** Reports and names of the projects whose containers are being replaced: nobody else's wake the daemon. */
export class RollingMirrors {
  readonly #store: Pick<Store, 'mirror'>;
  readonly #onChange: () => void;
  readonly #followed = new Map<ProjectName, readonly Mirror[]>();

  constructor(store: Pick<Store, 'mirror'>, onChange: () => void) {
    this.#store = store;
    this.#onChange = onChange;
  }

  async follow(view: ClusterView): Promise<void> {
    for (const project of view.projects.keys()) {
      if (this.#followed.has(project) || !isRolling(view, project)) continue;
      const mirrors = [keys.projectReports(project), keys.projectNames(project)].map((prefix) =>
        this.#store.mirror(prefix),
      );
      for (const mirror of mirrors) mirror.onChange(this.#onChange);
      this.#followed.set(project, mirrors);
    }
    for (const [project, mirrors] of this.#followed) {
      if (view.projects.has(project) && isRolling(view, project)) continue;
      this.#followed.delete(project);
      for (const mirror of mirrors) await mirror.close();
    }
  }

  async close(): Promise<void> {
    const mirrors = [...this.#followed.values()].flat();
    this.#followed.clear();
    for (const mirror of mirrors) await mirror.close();
  }
}
