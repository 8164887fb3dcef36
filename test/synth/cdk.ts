/** Runs the real CDK command line of this checkout, away from the user's own settings and credentials. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `home` is a folder of the test's own: the CDK keeps its caches there. */
export function runCdk(args: readonly string[], home: string, env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  return runNode([join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk'), ...args], { HOME: home, ...env });
}

export function runNode(args: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandResult> {
  const options = {
    cwd: root,
    env: {
      // cdk.json says `node infra/app.ts`: it is to be the Node that runs this test.
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env,
    },
  };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}
