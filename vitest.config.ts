import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Left to itself, it leaves one processor to others, and of two that is half.
    maxWorkers: '100%',
    projects: [
      {
        // As Node resolves. Vite would add `development`, and graphql, which has a build for it, would be there twice.
        ssr: { resolve: { conditions: ['node', 'module', 'import', 'default'] } },
        test: {
          name: 'servers',
          include: ['{api,cloud}/{src,test}/**/*.test.ts', 'scripts/**/*.test.ts'],
          environment: 'node',
          testTimeout: 20_000,
          // Several start servers and commands of their own.
          hookTimeout: 30_000,
        },
      },
      './web/vitest.config.ts',
    ],
  },
});
