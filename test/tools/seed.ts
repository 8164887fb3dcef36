/** Where the random choices of tests begin. */

/** `BTR_SEED`, else always the same, so that a tree that passed passes again; `npm run soak` brings new ones. */
export const seed = given() ?? 20_261_120;

/** `BTR_SEED`, or a new one. */
export function anotherSeed(): number {
  return given() ?? Math.floor(Math.random() * 2 ** 31) + 1;
}

function given(): number | undefined {
  const number = Number(process.env.BTR_SEED);
  return Number.isInteger(number) && number !== 0 ? number : undefined;
}
