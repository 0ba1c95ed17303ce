import { z } from 'zod';
import {
  isFileDigest,
  isHostId,
  isInstanceId,
  isProjectName,
  isServiceName,
  isSpecHash,
} from '../model/ids.js';

export const projectNameSchema = z.string().refine(isProjectName);
export const serviceNameSchema = z.string().refine(isServiceName);
export const hostIdSchema = z.string().refine(isHostId);
export const instanceIdSchema = z.string().refine(isInstanceId);
export const specHashSchema = z.string().refine(isSpecHash);
export const fileDigestSchema = z.string().refine(isFileDigest);
