/** An Azure drop by an Entra identity: Azurite over TLS, and an "az" that hands out tokens as the real one does. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { azureKind } from '../../client/drops/azure/kind.ts';
import { dropKeys } from '../../client/drops/registry.ts';
import { collectNow, freshKey, parcelOf, parcelsOf, putParcel, readRange } from '../contract/tools.ts';
import { Azurite } from '../tools/azurite.ts';
import { makeCertificate, noOpenssl } from '../tools/certificate.ts';
import { bareAzure } from './azure-tools.ts';
import { withVariables } from './variables.ts';

/** What "az account get-access-token" prints. Azurite reads the claims and believes whoever made them. */
function tokenAnswer(audience: string): string {
  const [now, encode] = [
    Math.floor(Date.now() / 1000),
    (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url'),
  ];
  const tenant = '00000000-0000-0000-0000-000000000001';
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenant}/`,
    nbf: now - 60,
    iat: now - 60,
    exp: now + 3_600,
  };
  const accessToken = `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.x`;
  return JSON.stringify({ accessToken, expires_on: now + 3_600, tenant, tokenType: 'Bearer' });
}

async function loggedIn(audience = 'https://storage.azure.com') {
  const folder = await mkdtemp(join(tmpdir(), 'btr-az-'));
  const { cert, key } = makeCertificate('localhost');
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await writeFile(tls.cert, cert);
  await writeFile(tls.key, key);
  await writeFile(join(folder, 'az'), `#!/bin/sh\ncat <<'TOKEN'\n${tokenAnswer(audience)}\nTOKEN\n`, { mode: 0o755 });
  const azurite = await Azurite.start({ tls });
  const usual = getCACertificates('default');
  setDefaultCACertificates([...usual, cert]);
  const variables = withVariables({
    ...bareAzure,
    AZURE_STORAGE_ACCOUNT: azurite.account,
    PATH: `${folder}${delimiter}${process.env.PATH}`,
  });
  const byName = (url: string) => url.replace('127.0.0.1', 'localhost');
  const endpoints = { queue: byName(azurite.endpoints.queue), blob: byName(azurite.endpoints.blob) };
  return {
    place: { kind: 'azure', account: azurite.account, name: randomBytes(5).toString('hex'), endpoints },
    async [Symbol.asyncDispose]() {
      variables[Symbol.dispose]();
      setDefaultCACertificates(usual);
      await azurite[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test('azure-identity: it makes a drop and goes over it, and holds no set', { skip: noOpenssl }, async () => {
  await using entra = await loggedIn();
  const settled = await azureKind.settle(entra.place, 'a');
  assert.deepEqual(settled, entra.place);
  const [a, b] = [
    await azureKind.open(settled, { role: 'a', style: 'btr' }),
    await azureKind.open(settled, { role: 'b', style: 'btr' }),
  ];
  await a.leave([{ to: 'b', body: 'text' }]);
  assert.deepEqual(await collectNow(b), ['text']);
  const [key, parcel] = [freshKey('a'), parcelOf(parcelsOf(a), 1, 10)];
  await putParcel(parcelsOf(a), key, parcel);
  assert.ok(parcel.bytes.equals(await readRange(parcelsOf(b), key, 0, parcel.bytes.length)));
  const findings = await a.check();
  assert.deepEqual(
    findings.filter(({ ok }) => !ok),
    [],
  );
  assert.match(findings.map(({ text }) => text).join(), /An Entra identity of this machine/);
  await Promise.all([a.close(), b.close()]);
});

test('azure-identity: it can make no set that could be revoked, and says so', { skip: noOpenssl }, async () => {
  await using entra = await loggedIn();
  await azureKind.settle(entra.place, 'a');
  const error = { code: 'needs-account-key', exitCode: 3, hint: /AZURE_STORAGE_KEY/ };
  const keys = await dropKeys('azure');
  await assert.rejects(keys.create(entra.place, 'b'), error);
  await assert.rejects(keys.list(entra.place, 'b'), error);
  await assert.rejects(keys.remove(entra.place, 'b', `b${'0'.repeat(19)}`, 'owner'), error);
});

test('azure-identity: nobody logged in, or for something else, is said with the next step', {
  skip: noOpenssl,
}, async () => {
  await using entra = await loggedIn('https://management.azure.com');
  await assert.rejects(azureKind.settle(entra.place, 'a'), { code: 'invalid-credentials', hint: /az login/ });
  using _nowhere = withVariables({ PATH: '/nonexistent' });
  await assert.rejects(azureKind.settle(entra.place, 'a'), { code: 'no-credentials', exitCode: 4, hint: /az login/ });
});
