import { createHash } from 'node:crypto';

/** Which version of each image the registry has, and which the fake engine. */
export class FakeVersions {
  private readonly pushed = new Map<string, number>();
  private readonly pulled = new Map<string, number>();

  /** Somebody pushes another image under the same name. */
  push(image: string): void {
    this.pushed.set(image, (this.pushed.get(image) ?? 0) + 1);
  }

  pull(image: string): void {
    this.pulled.set(image, this.pushed.get(image) ?? 0);
  }

  id(image: string): string {
    const text = `${image} ${this.pulled.get(image) ?? 0}`;
    return `sha256:${createHash('sha256').update(text).digest('hex')}`;
  }
}
