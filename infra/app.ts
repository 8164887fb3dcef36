/** The CDK app, one stack a channel: `npx cdk synth|deploy -c buddies=alice,bob`. The settings are told in settings.ts. */
import { App } from 'aws-cdk-lib/core';
import { BtrError } from '../client/errors.ts';
import { ChannelStack } from './channel-stack.ts';
import { readSettings } from './settings.ts';

try {
  const app = new App();
  for (const settings of readSettings(app.node.getAllContext())) new ChannelStack(app, settings);
  app.synth();
} catch (error) {
  // A wrong setting is told in two lines; the place in the code where it was noticed would only hide them.
  if (!(error instanceof BtrError)) throw error;
  process.stderr.write(`\n${error.message}\n${error.hint ?? ''}\n\n`);
  process.exitCode = error.exitCode;
}
