/** Drops from an inventory of machines; apart from the index, since one command alone needs it. */
export { readLoginInfo } from '../drops/sftp/login-info.ts';
