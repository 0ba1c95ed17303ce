import { clockOf, parseMetrics } from './etcd-http.js';

const at = Date.parse('2026-01-01T00:00:10Z');
const date = 'Thu, 01 Jan 2026 00:00:10 GMT';

it.each([
  ['the same second', at + 400, at + 410, 0],
  ['the end of the second before', at + 995, at + 1005, 0],
  ['ahead by three seconds', at - 3_010, at - 3_000, 3_000],
  ['behind by three seconds', at + 4_000, at + 4_010, -3_000],
])('a clock of whole seconds says no more than it can: %s', (_, asked, answered, ahead) => {
  expect(clockOf(date, asked, answered)).toEqual({ clockAheadMs: ahead });
});

it('without a date it says nothing', () => {
  expect(clockOf(undefined, 0, 1)).toEqual({});
});

it('reads metrics without labels', () => {
  const text = `# HELP a b
etcd_server_quota_backend_bytes 2.147483648e+09
grpc_server_handled_total{grpc_code="OK"} 3
`;
  expect([...parseMetrics(text)]).toEqual([['etcd_server_quota_backend_bytes', 2_147_483_648]]);
});
