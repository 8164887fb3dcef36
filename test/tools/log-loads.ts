/** Preloaded into a btr process by a test: writes the URL of every module that it loads to the file BTR_TEST_LOADS. */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const { BTR_TEST_LOADS: file } = process.env;

registerHooks({
  load(url, context, nextLoad) {
    if (file !== undefined) appendFileSync(file, `${url}\n`);
    return nextLoad(url, context);
  },
});
