/** Texts that tell a client of what is accepted but unwise; they go out as Warning headers. */
export type Warn = (text: string) => void;
