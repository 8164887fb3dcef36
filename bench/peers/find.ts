/** Which peers are on this machine. What is not there is named as missing, never counted. */
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { run } from '../processes.ts';

export interface Peers {
  /** Programs with the SDK, bundled as anybody would who cares how fast they start. */
  readonly sendOnce: string;
  /** The same, and it imports libsignal as a whole. */
  readonly sendOnceSignal: string;
  readonly sdkParcel: string;
  readonly azureParcel: string;
  readonly sdkExpire: string;
  /** The least program with Ink. */
  readonly inkPrompt: string;
  /** The least server with a page of messages. */
  readonly plainPage: string;
  /** Ours: the expiry function, bundled likewise, and what calls it. */
  readonly expiry: string;
  /** A Python that has the module, by module. */
  readonly python: { readonly boto3: string | undefined; readonly wormhole: string | undefined };
  readonly programs: ReadonlySet<string>;
}

const pythons = ['python3', '/usr/bin/python3'];
/** From this version on it speaks to SQS in JSON, the only protocol of the embedded cloud; Debian 12's does not yet. */
const boto3 = 'import boto3, botocore; assert [int(n) for n in botocore.__version__.split(".")[:3]] >= [1, 31, 81]';
const programs = { aws: '--version', rclone: 'version', age: '--version', 'age-keygen': '--version', ssh: '-V' };

export async function findPeers(folder: string, env: NodeJS.ProcessEnv): Promise<Peers> {
  const works = (file: string, args: readonly string[]) =>
    run({ file, args, env }).then(
      () => true,
      () => false,
    );
  const pythonWith = async (imports: string) => {
    for (const file of pythons) if (await works(file, ['-c', imports])) return file;
    return undefined;
  };
  const found = new Set<string>();
  for (const [name, flag] of Object.entries(programs)) if (await works(name, [flag])) found.add(name);
  return {
    sendOnce: await bundle('send-once', folder),
    sendOnceSignal: await bundle('send-once-signal', folder),
    sdkParcel: await bundle('sdk-parcel', folder),
    azureParcel: await bundle('azure-parcel', folder),
    sdkExpire: await bundle('sdk-expire', folder),
    inkPrompt: await bundle('ink-prompt', folder),
    plainPage: await bundle('plain-page', folder),
    expiry: await bundle('../expiry', folder),
    python: { boto3: await pythonWith(boto3), wormhole: await pythonWith('import wormhole.transit') },
    programs: found,
  };
}

export function peerScript(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Ink's tools for its own developers, which nobody has. */
const withoutDevtools: Plugin = {
  name: 'without-devtools',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /./, namespace: 'left-out' }, () => ({ contents: 'export default undefined;' }));
  },
};

async function bundle(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(name)}.mjs`);
  await build({
    entryPoints: [peerScript(`${name}.ts`)],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [withoutDevtools],
    // Native code is loaded from where it lies.
    external: [fileURLToPath(import.meta.resolve('@signalapp/libsignal-client/dist/Native.js'))],
    // Parts of the SDK are CommonJS and ask for require.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  return outfile;
}
