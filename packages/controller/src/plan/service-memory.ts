import {
  equalDocuments,
  formatInstanceId,
  InstanceSpecs,
  type InstanceId,
  type Placement,
  type Project,
  type ServiceName,
  type ServiceSpec,
} from '@nap/shared';
import { needsOf, type Needs } from './needs.js';

/**
 * What is known of a service as long as its project is the same object, as for a controller that runs on and plans again and
 * again. All of it follows from the project and from documents that never change: it saves work, and decides nothing.
 */
export class ServiceMemory<Wanted> {
  readonly service: ServiceSpec;
  readonly needs: Needs;
  readonly specs: InstanceSpecs;
  /** By index: as the last plan wanted it. */
  readonly wanted: (Wanted | undefined)[] = [];
  readonly #project: Project;
  readonly #ids: InstanceId[] = [];
  readonly #containerNames: string[] = [];
  #parts: object = {};
  #settled: Placement[] = [];

  constructor(project: Project, service: ServiceSpec, needs: Needs) {
    this.#project = project;
    this.service = service;
    this.needs = needs;
    this.specs = new InstanceSpecs(project, service);
  }

  id(index: number): InstanceId {
    const { name: service } = this.service;
    return (this.#ids[index] ??= formatInstanceId({ project: this.#project.name, service, index }));
  }

  containerName(index: number): string {
    return (this.#containerNames[index] ??= this.specs.containerName(index));
  }

  /** What the service's placements shall have in common; when that is new, nothing is settled any more. */
  expect(parts: object): void {
    if (equalDocuments(this.#parts, parts)) return;
    this.#parts = parts;
    this.#settled = [];
  }

  /** The placement, this very object, was found to be all that is wanted. */
  isSettled(index: number, placement: Placement): boolean {
    return this.#settled[index] === placement;
  }

  noteSettled(index: number, placement: Placement): void {
    this.#settled[index] = placement;
  }
}

export type ProjectMemory<Wanted> = ReadonlyMap<ServiceName, ServiceMemory<Wanted>>;

export function newMemory<Wanted>(project: Project): ProjectMemory<Wanted> {
  const needs = needsOf(project.services, project.scheduling);
  return new Map(
    project.services.flatMap((service) => {
      const own = needs.get(service.name);
      return own === undefined ? [] : [[service.name, new ServiceMemory(project, service, own)]];
    }),
  );
}
