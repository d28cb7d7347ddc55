import { Buffer } from 'node:buffer';
import type { Plugin } from 'rolldown';

const fileName = 'libsodium.wasm';

/** A function that decodes Base64, applied to the program of libsodium. */
const inlined = /\((\w+)=>\{for\(var [^{}]{1,400}return \w+\}\)\("(AGFzbQ[\w+/]+={0,2})"\)/;

/**
 * Lays libsodium's program beside the bundle, byte for byte as it stands in the package as Base64: to read, decode and
 * drop that text costs 5 ms of every start.
 *
 * @throws {Error} where the package holds it in another way
 */
export const libsodiumWasm: Plugin = {
  name: 'libsodium-wasm',
  transform: {
    filter: { id: /[\\/]libsodium[\\/]dist[\\/]modules-esm[\\/]libsodium\.mjs$/ },
    handler(code) {
      const [expression, , base64] = inlined.exec(code) ?? [];
      if (expression === undefined || base64 === undefined)
        throw new Error('libsodium holds its program in a way that scripts/libsodium-wasm.ts does not know.');
      this.emitFile({ type: 'asset', fileName, source: Buffer.from(base64, 'base64') });
      const fromFile = `readBesideBundle(new URL(${JSON.stringify(fileName)}, import.meta.url))`;
      return {
        code: `import { readFileSync as readBesideBundle } from 'node:fs';\n${code.replace(expression, () => fromFile)}`,
        map: null,
      };
    },
  },
};
