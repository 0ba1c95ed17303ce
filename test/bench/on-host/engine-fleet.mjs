// Runs on a host of the lab: creates and starts COUNT containers through the Engine API, CONCURRENCY at once, and leaves
// them there, with the label race.engine. The floor that orchestrators are compared with.
import Docker from 'dockerode';

const [count, concurrency] = process.argv.slice(2).map(Number);
const docker = new Docker();
let next = 0;
const worker = async () => {
  while (next < count) {
    next += 1;
    const container = await docker.createContainer({
      name: `race-engine-${next}`,
      Image: 'busybox',
      Labels: { 'race.engine': 'box' },
    });
    await container.start();
  }
};
await Promise.all(Array.from({ length: concurrency }, worker));
