import { child, textAt } from '../node.js';
import type { Checked, CheckedService } from './check.js';

function checkImage({ name, node, place, path }: CheckedService, { findings }: Checked): void {
  const image = child(node, 'image');
  const build = node.entries.get('build');
  const text = textAt(node, 'image');
  if (image?.kind === 'broken') return;
  if (text !== undefined && /\s/.test(text)) {
    findings.error(image?.place ?? place, `${path}.image`, `"${text}" is not the name of an image`);
    return;
  }
  if (text !== undefined && text !== '') {
    if (build === undefined) return;
    const hint = `build and push ${text} before applying`;
    findings.warning(build.keyPlace, `${path}.build`, 'ignored: nap builds no images', hint);
    return;
  }
  if (build === undefined) {
    findings.error(place, path, 'the service has no image', 'add image: NAME');
    return;
  }
  findings.error(
    build.keyPlace,
    `${path}.build`,
    'nap builds no images, and the service names none',
    `build and push the image first, then name it: image: REGISTRY/${name}`,
  );
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
