import { type Command, Option } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface DeployOptions extends CommonOptions {
  readonly region?: string;
  readonly name?: string;
  readonly expiry: 'on' | 'off';
  readonly alarms: 'on' | 'off';
  readonly alarmEmail?: string;
  readonly principal?: string;
  readonly prefix?: string;
  readonly yes?: boolean;
}

export function deployCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'deploy',
    summary: 'make a channel in your AWS account, and add it to this home (from a clone of btr)',
    examples: [
      ['btr deploy alice bob', 'you are alice; shows what will be made and what it costs, and asks'],
      ['btr deploy alice bob --region eu-central-1 --yes', 'without asking; run again, it changes what is there'],
      ['btr deploy alice bob --principal arn:aws:iam::111122223333:user/bob', 'for a buddy with an AWS account'],
    ],
  })
    .argument('<me>', 'your name in the channel: letters, digits, single hyphens')
    .argument('<buddy>', "your buddy's name there, and the name of the channel")
    .option('--region <name>', 'such as eu-central-1 (else AWS_REGION, else that of the profile)')
    .option('--name <name>', 'what to call the channel here')
    .addOption(onOff('--expiry <on|off>', 'the function that removes files whose time is over'))
    .addOption(onOff('--alarms <on|off>', 'tell when something is stuck'))
    .option('--alarm-email <address>', 'send the alarms there')
    .option('--principal <arn>', 'who of another AWS account the buddy is; else the buddy gets an IAM user')
    .option('--prefix <name>', 'how the names of what is made begin, in place of Btr')
    .option('-y, --yes', 'do not ask')
    .action(async (me: string, buddy: string, options: DeployOptions) => {
      const { deploy } = await import('./deploy-run.ts');
      await deploy(run(terminal, options), { a: me, b: buddy }, options);
    });
}

function onOff(flags: string, text: string): Option {
  return new Option(flags, text).choices(['on', 'off']).default('on');
}
