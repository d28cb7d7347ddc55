import type { Reply } from '../helper-process.ts';

/** Answers what the measuring process asks; ends with it. */
export function answerTo(parent: NodeJS.Process, answerOf: (request: unknown) => Promise<unknown>): void {
  parent.on('message', ({ id, request }: { id: number; request: unknown }) => {
    const reply = (outcome: Reply): void => {
      if (parent.connected) parent.send?.(outcome);
    };
    answerOf(request).then(
      (answer) => reply({ id, answer: answer ?? null }),
      (error: unknown) => reply({ id, failure: String(error) }),
    );
  });
  parent.on('disconnect', () => process.exit(0));
}
