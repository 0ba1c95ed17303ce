/** Networks as the agent means them are those of everybody. */
export {
  formatAddress,
  formatCidr,
  isWithin,
  parseAddress,
  parseCidr,
  sizeOf,
  type Cidr,
} from '@nap/shared';
