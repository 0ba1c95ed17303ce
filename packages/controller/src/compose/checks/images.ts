import { isImageReference } from '@nap/shared';
import { child, textAt } from '../node.js';
import type { Checked, CheckedService } from './check.js';

function checkImage({ name, node, place, path }: CheckedService, { findings }: Checked): void {
  const image = child(node, 'image');
  const build = node.entries.get('build');
  const text = textAt(node, 'image');
  // A provider has none, and is refused for what it is.
  if (image?.kind === 'broken' || node.entries.has('provider')) return;
  if (text !== undefined && text !== '' && !isImageReference(text)) {
    findings.error(
      image?.place ?? place,
      `${path}.image`,
      `"${text}" is not the name of an image`,
      'REGISTRY/PATH:TAG, the path in lower case, registry and tag optional',
    );
    return;
  }
  if (text !== undefined && text !== '') {
    if (build === undefined) return;
    findings.ignored({
      place: build.keyPlace,
      path: `${path}.build`,
      why: 'nap builds no images',
      wayOut: `build and push ${text} before applying`,
    });
    return;
  }
  if (build === undefined) {
    findings.error(place, path, 'the service has no image', 'add image: NAME');
    return;
  }
  findings.refused({
    place: build.keyPlace,
    path: `${path}.build`,
    why: 'nap builds no images, and the service names none',
    wayOut: `build and push the image first, then name it: image: REGISTRY/${name}`,
  });
}

/** Every service runs an image that a host can pull. */
export function checkImages(checked: Checked): void {
  for (const service of checked.services) checkImage(service, checked);
  if (checked.services.length > 0 || checked.findings.hasErrors) return;
  const why =
    checked.disabled.size > 0
      ? 'no profile that is active has a service'
      : 'the file has no services';
  checked.findings.warning(
    checked.root.place,
    'services',
    why,
    'applying it removes all that runs',
  );
}
