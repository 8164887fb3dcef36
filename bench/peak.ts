/** Loaded before a program: says at its end, in the file that BTR_BENCH_PEAK names, the most memory it ever held. */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const path = process.env.BTR_BENCH_PEAK;
  // Kilobytes, whatever the platform (Node, process.resourceUsage).
  if (path !== undefined) writeFileSync(path, String(process.resourceUsage().maxRSS));
});
