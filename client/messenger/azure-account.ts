/** The Azure storage account whose owner is at work; apart from the index, since few commands need it. */
export { giveAccount } from '../drops/azure/account.ts';
