/** What the endpoint's process and the benchmark say to each other. */
export interface Hello {
  readonly env: Readonly<Record<string, string>>;
  /** For peers, apart from what the channel has: a queue and a bucket, or what stands for them there. */
  readonly spare: { readonly queue: string; readonly bucket: string };
  /** The channel's drop as each role sees it. */
  readonly drops: { readonly a: string; readonly b: string };
}

/** How often each action was called since the start. */
export type Calls = Readonly<Record<string, number>>;

export type Answer = { readonly hello: Hello } | { readonly calls: Calls };
