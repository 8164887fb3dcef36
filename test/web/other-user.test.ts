/** A second user of the machine, who knows that the page is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asNobody, noOtherUser } from '../tools/nobody.ts';
import { Stage } from '../tools/stage.ts';
import { Web } from '../tools/web.ts';

/** Asks for what there is to be had without a link, and looks at what everybody sees of the process. */
const intruder = `
  const [, port, pid] = process.argv;
  const paths = ['/', '/?token=x', '/page.js', '/api/state'];
  const ask = async (path) => (await fetch('http://127.0.0.1:' + port + path)).status;
  Promise.all(paths.map(ask)).then((statuses) => {
    const seen = require('node:fs').readFileSync('/proc/' + pid + '/cmdline', 'utf8');
    console.log(JSON.stringify({ statuses, seen }));
  });`;

test('another user of the machine is refused, and sees no secret in the list of processes', {
  skip: noOtherUser,
}, async () => {
  await using stage = await Stage.make();
  const { alice } = await stage.folderPair();
  await using web = await Web.open(alice);
  const { statuses, seen } = JSON.parse(asNobody(intruder, String(web.port), String(web.live.child.pid)));
  assert.deepEqual(statuses, [401, 401, 401, 401]);
  assert.match(seen, /web/);
  for (const secret of [web.place.slice(1, -1), web.cookie.split('=')[1] ?? web.place])
    assert.ok(!seen.includes(secret));
  assert.equal((await web.state()).name, 'alice', 'the page goes on');
});
