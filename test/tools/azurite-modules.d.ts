/** The parts of Azurite that tests start: it comes without types, and its entry starts all at once. */
declare module 'azurite/dist/src/*Server.js' {
  const server: {
    default: new (
      configuration: object,
    ) => {
      start(): Promise<void>;
      close(): Promise<void>;
      getHttpServerAddress(): string;
    };
  };
  export default server;
}

declare module 'azurite/dist/src/*Configuration.js' {
  const configuration: { default: new (...settings: unknown[]) => object };
  export default configuration;
}

declare module 'azurite/dist/src/common/persistence/MemoryExtentStore.js' {
  const store: { MemoryExtentChunkStore: new (bytes: number | undefined) => object };
  export default store;
}

declare module 'azurite/dist/src/blob/utils/constants.js' {
  const constants: { EMULATOR_ACCOUNT_NAME: string; EMULATOR_ACCOUNT_KEY_STR: string };
  export default constants;
}
