/** Apart from what makes them, which is loaded when it is needed. */
export const exportFormats = ['text', 'json', 'html'] as const;
export type ExportFormat = (typeof exportFormats)[number];
