import type { ProjectId, Variant } from './actions.js';

/** What the operators of a chaos run apply: small projects that have something of everything. */

/** A program that must not run twice, with the shortest `stop_after` that makes sense beside a lease of 10 s. */
export const ONCE = 'chaos-blog.ledger.1';
/** Services of which a new container may run beside the old one. */
export const START_FIRST: readonly string[] = ['chaos-shop.web'];
export const DATA_VOLUME = 'chaos-shop_data';
export const DATABASE = 'chaos-shop-db-1';

const shop = ({ version, web, api }: Variant): string => `
services:
  db:
    image: busybox
    restart: always
    stop_grace_period: 2s
    volumes: ["data:/data"]
    healthcheck: { test: ["CMD", "true"], interval: 3s, timeout: 10s, retries: 3 }
  api:
    image: busybox
    restart: always
    stop_grace_period: 2s
    environment: { VERSION: "${version}" }
    depends_on: { db: { condition: service_healthy } }
    deploy: { replicas: ${api}, update_config: { order: stop-first } }
  web:
    image: busybox
    restart: always
    stop_grace_period: 2s
    environment: { VERSION: "${version}" }
    depends_on: [api]
    deploy:
      replicas: ${web}
      update_config: { order: start-first, parallelism: 2, failure_action: rollback }
    x-nap: { drain: 1s }
volumes: { data: {} }
`;

const blog = ({ version, web }: Variant): string => `
services:
  ledger:
    image: busybox
    restart: always
    stop_grace_period: 1s
    x-nap: { on_partition: { stop_after: 12s } }
  probe:
    image: busybox
    restart: always
    stop_grace_period: 2s
    environment: { VERSION: "${version}" }
    deploy: { mode: global }
  web:
    image: busybox
    restart: always
    stop_grace_period: 2s
    environment: { VERSION: "${version}" }
    depends_on: [ledger]
    links: ["ledger:book"]
    deploy: { replicas: ${web} }
`;

export function composeText(project: ProjectId, variant: Variant): string {
  return project === 'chaos-shop' ? shop(variant) : blog(variant);
}
