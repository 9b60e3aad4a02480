/** The part of the WebAssembly API used here; TypeScript ships it only with the DOM's types, which core must not see. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: ArrayBufferView);
    readonly [Symbol.toStringTag]: "WebAssembly.Module";
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
    /** By so many pages of 64 KiB; `buffer` is another one afterwards. Throws RangeError. */
    grow(pages: number): number;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  /** False for modules with instructions that the runtime does not know. */
  function validate(bytes: ArrayBufferView): boolean;
  function compile(bytes: ArrayBufferView): Promise<Module>;
}
