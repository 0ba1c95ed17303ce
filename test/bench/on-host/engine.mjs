// Runs on a host of the lab: creates and starts COUNT containers through the Engine API, CONCURRENCY at once, prints the
// wall time in ms, and removes them again (not timed). The floor that nap is compared with.
import Docker from 'dockerode';

const [count, concurrency] = process.argv.slice(2).map(Number);
const docker = new Docker();

async function inParallel(work) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

const containers = [];
const started = performance.now();
await inParallel(async (index) => {
  containers[index] = await docker.createContainer({
    name: `bench-engine-${index}`,
    Image: 'busybox',
    Hostname: `bench-${index}`,
  });
  await containers[index].start();
});
const wallMs = performance.now() - started;
await inParallel(async (index) => {
  await containers[index].remove({ force: true });
});
process.stdout.write(`${wallMs}\n`);
