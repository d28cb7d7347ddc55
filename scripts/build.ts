import { buildWebApp, ensureWebApp } from './web-app.ts';

if (process.argv.includes('--if-stale')) ensureWebApp();
else buildWebApp();
