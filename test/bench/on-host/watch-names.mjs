// Runs on a host of the lab: notes when each name first stands in a container's hosts file, in ms since 1970. The file is
// read through the path that is bind-mounted into the container: the same inode. Ends on SIGTERM and prints its notes.
import { readFileSync } from 'node:fs';

const [path] = process.argv.slice(2);
const seen = {};
let last = '';

function look() {
  const text = readFileSync(path, 'utf8');
  const now = Date.now();
  if (text !== last) {
    last = text;
    for (const [, names = ''] of text.matchAll(/^[0-9][0-9.]*\s+([^#\n]*)/gm)) {
      for (const name of names.trim().split(/\s+/)) seen[name] ??= now;
    }
  }
  setTimeout(look, 1);
}

process.on('SIGTERM', () => {
  process.stdout.write(JSON.stringify(seen));
  process.exit(0);
});
look();
