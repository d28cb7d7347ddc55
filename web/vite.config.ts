import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const port = Number(process.env.HOLDFAST_VITE_PORT ?? 5173);
const devOrigin = `http://localhost:${port}`;

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    // `scripts/web-app.ts` builds beside the old build and renames, so that running servers never see half of one.
    outDir: process.env.HOLDFAST_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    rollupOptions: { input: ['index.html', 'account.html'] },
    // GraphiQL with its editor is one large chunk, loaded only by the playground.
    chunkSizeWarningLimit: 5_000,
  },
  worker: { format: 'es' },
  server: {
    host: 'localhost',
    port,
    strictPort: true,
    // In development the page comes through the instance's or the cloud's port; modules, assets and the HMR socket
    // come straight from here.
    origin: devOrigin,
    cors: { origin: /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/ },
    hmr: { protocol: 'ws', host: 'localhost', clientPort: port },
  },
  optimizeDeps: {
    include: [
      'graphiql',
      '@graphiql/toolkit',
      'graphql',
      'graphql-language-service',
      'picomatch-browser',
      'nullthrows',
      'vscode-languageserver-types',
    ],
  },
});
