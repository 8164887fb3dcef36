/**
 * What the AWS SDK uses of node:http; the build puts this in its place. An import of node:http as an ES module looks at
 * each of its exports, which loads a whole second HTTP client and takes a seventh of the time of `btr send`;
 * getBuiltinModule hands out the same module and leaves them alone.
 */
export const { Agent, request } = process.getBuiltinModule('node:http');
