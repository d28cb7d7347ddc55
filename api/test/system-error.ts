/** What Node throws when the operating system refuses something. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code, syscall: 'write' });
}
