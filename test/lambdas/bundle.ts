/** The function as a deployment uploads it: bundled by the CDK, with the settings of the stack. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { ChannelStack } from '../../infra/channel-stack.ts';
import { readSettings } from '../../infra/settings.ts';

/** Synthesizes a channel into this folder. Answers the path of the file that exports the handler. */
export function bundleExpiry(outdir: string): string {
  const app = new App({
    context: { ...cdkJson.context, buddies: 'alice,bob' },
    outdir,
    analyticsReporting: false,
  });
  for (const settings of readSettings(app.node.getAllContext(), outdir)) new ChannelStack(app, settings);
  const { stacks } = app.synth();
  const [file, ...others] = stacks.flatMap(({ templateFullPath }) => handlerFiles(templateFullPath));
  if (file === undefined || others.length > 0) throw new Error(`${others.length + 1} functions, not one`);
  return join(outdir, file);
}

interface FunctionResource {
  readonly Type: string;
  readonly Properties: { readonly Handler: string; readonly Code: { readonly S3Key: string } };
}

/** An asset is uploaded under its hash, and lies in a folder named by it. */
function handlerFiles(template: string): string[] {
  const { Resources }: { Resources: Record<string, FunctionResource> } = JSON.parse(readFileSync(template, 'utf8'));
  return Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties: { Code, Handler } }) =>
      join(`asset.${Code.S3Key.replace(/\.zip$/, '')}`, Handler.replace(/\.handler$/, '.mjs')),
    );
}
