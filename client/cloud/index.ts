export { type ChannelPeople, type CloudChannel, type CloudOptions, type EmbeddedCloud, startCloud } from './server.ts';
