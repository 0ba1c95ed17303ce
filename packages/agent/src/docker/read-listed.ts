import type { ContainerInfo } from 'dockerode';
import { LABEL, notInherited, type Labels } from './labels.js';

/** Its labels, as far as the list tells whose they are. */
export function listedLabels(listed: ContainerInfo): Labels {
  return notInherited(listed.Labels, isImageListed(listed) ? listed.Image : undefined);
}

/** Whether looking at the container would tell more. */
export const isInDoubt = (listed: ContainerInfo): boolean =>
  !isImageListed(listed) && listed.Labels[LABEL.image] !== undefined;

/** Where the name that was asked for means another image by now, its id is listed in its place. */
const isImageListed = ({ Image, ImageID }: ContainerInfo): boolean => Image !== ImageID;

/** The name that is no link's. */
export function listedName({ Names }: ContainerInfo): string {
  const name = Names.find((it) => it.lastIndexOf('/') === 0) ?? Names[0] ?? '';
  return name.replace(/^\//, '');
}
