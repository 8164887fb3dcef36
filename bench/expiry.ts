/** Runs the expiry function once, as its runtime would; its environment names the bucket. It prints what it logs. */
import { handler } from '../lambdas/expire-drops/handler.ts';

await handler(undefined, { getRemainingTimeInMillis: () => 300_000 });
