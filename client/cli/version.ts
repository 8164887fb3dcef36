/** What `btr --version` says. */

/** What build.ts knows of a build, and nothing that makes two builds of one commit differ. */
export interface Build {
  readonly version: string;
  /** The first digits of the commit; null where the source came without git. */
  readonly commit: string | null;
  /** Whether the source was not as committed. */
  readonly changed: boolean;
  readonly libsignal: string;
}

/** One line: `btr 0.1.0 (commit abc1234, Node 24.21.0, libsignal 0.103.0)`. */
export function versionLine({ version, commit, changed, libsignal }: Build): string {
  const source = commit === null ? [] : [`commit ${commit}${changed ? ' with local changes' : ''}`];
  return `btr ${version} (${[...source, `Node ${process.versions.node}`, `libsignal ${libsignal}`].join(', ')})`;
}

/** The same as one NDJSON event. */
export function versionEvent(build: Build): string {
  return JSON.stringify({ event: 'version', ...build, node: process.versions.node });
}
